"""Opening a file of any kind we take: CSV (UTF-8, UTF-16, GBK and GB18030), JSON lines, XLSX; plain or gzipped."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast
from xml.etree.ElementTree import ParseError

import openpyxl
import orjson

from app.imports.csv_lines import BAD_BYTES, Feed, delimiter_of, has_bad_bytes, header_of, records
from app.imports.lines import Line, Source, Unreadable

SAMPLE = 1 << 18
DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, ParseError, openpyxl.utils.exceptions.InvalidFileException)
OLE = b"\xd0\xcf\x11\xe0"
LOOKED_AT = 50


def opened(path: Path) -> Source:
    """The file as a source of lines. Raises Unreadable with a sentence for the person."""
    try:
        with _bytes(path) as file:
            head = file.read(SAMPLE)
        if head[:4] == OLE:
            raise Unreadable("打不开：这是加密的 xlsx 或旧版 xls，请去掉密码、另存为 xlsx 再导入 (encrypted workbook or old .xls)")
        if head[:2] == b"PK":
            return _sheet(path)
        if not head.strip():
            raise Unreadable("文件是空的 (the file is empty)")
        with _bytes(path) as file:
            length = sum(1 for _ in file)
        text = _text(path, encoding_of(head))
        return _json_lines(text, length) if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" else _csv(text, length)
    except (OSError, EOFError, zlib.error) as bad:
        raise Unreadable(f"打不开 {path}：{getattr(bad, 'strerror', '') or bad} (cannot be read)") from bad


def encoding_of(head: bytes) -> str:
    """UTF-8, UTF-16 or GB18030: by the mark at the beginning, else by which one more of the first lines are written in."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return name
    lines = head.split(b"\n")
    whole = lines[:-1] or lines
    return min(("utf-8", "gb18030"), key=lambda name: sum(not _decodes(line, name) for line in whole))


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _bytes(path: Path) -> IO[bytes]:
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")


def _text(path: Path, encoding: str) -> Iterator[str]:
    """The physical lines, bytes that are no characters kept as lone surrogates."""
    if encoding == "utf-16":
        with io.TextIOWrapper(_bytes(path), encoding=encoding, newline="", errors="replace") as decoded:
            yield from decoded
        return
    with _bytes(path) as file:
        for number, raw in enumerate(file):
            yield raw.decode(encoding if number == 0 else encoding.removesuffix("-sig"), "surrogateescape")


def _csv(text: Iterator[str], length: int) -> Source:
    first = next(text)
    feed, delimiter = Feed(text), delimiter_of(first)
    feed.back.append(first)
    columns = _named(header_of(feed, delimiter))
    return Source(columns, records(feed, columns, delimiter), length)


def _json_lines(text: Iterator[str], length: int) -> Source:
    """The columns are the keys of the first lines; later ones of another shape are still read by their keys."""
    found = _objects(text)
    looked_at = [line for _, line in zip(range(LOOKED_AT), found, strict=False)]
    columns = list(dict.fromkeys(key for line in looked_at for key in line.cells))

    def lines() -> Iterator[Line]:
        yield from looked_at
        yield from found

    return Source(columns, lines(), length)


def _objects(text: Iterator[str]) -> Iterator[Line]:
    for number, raw in enumerate(text, 1):
        if not raw.strip():
            continue
        if has_bad_bytes(raw):
            yield Line(number, broken=BAD_BYTES, raw=raw.rstrip())
            continue
        try:
            row = orjson.loads(raw)
        except orjson.JSONDecodeError:
            yield Line(number, broken="格式：这一行不是完整的 JSON，请检查引号和花括号", raw=raw.rstrip())
            continue
        yield (
            Line(number, row)
            if isinstance(row, dict)
            else Line(number, broken='格式：这一行不是 JSON 对象，应当是 {"列名": 值, …}', raw=raw.rstrip())
        )


def _sheet(path: Path) -> Source:
    """The first sheet, its first filled row as the header. What the file is called does not matter: an upload has no name."""
    file = path.open("rb")
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except DAMAGED as bad:
        file.close()
        raise Unreadable(f"打不开：不是完好的 xlsx，请用表格软件另存一次 ({bad})") from bad
    sheet = book.worksheets[0]
    filled = _filled_rows(book, file, sheet)
    header = next(filled, None)
    if header is None:
        raise Unreadable("第一张表是空的 (the first sheet is empty)")
    columns = _named([str(cell).strip() if cell is not None else "" for cell in header[1]])
    return Source(columns, (_row(number, row, columns) for number, row in filled), sheet.max_row or 0)


def _filled_rows(book, file: IO[bytes], sheet) -> Iterator[tuple[int, list]]:
    """The rows that hold anything, with their numbers; the workbook is closed after the last."""
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if any(cell not in (None, "") for cell in row):
                yield number, list(row)
    except DAMAGED as bad:
        raise Unreadable(f"读不下去：不是完好的 xlsx，请用表格软件另存一次 ({bad})") from bad
    finally:
        book.close()
        file.close()


def _row(number: int, row: list, columns: list[str]) -> Line:
    while len(row) > len(columns) and row[-1] in (None, ""):
        row.pop()
    if len(row) > len(columns):
        return Line(
            number,
            broken=f"列数：这一行有 {len(row)} 列，表头有 {len(columns)} 列，请检查多出来的格子",
            raw=" | ".join(str(cell or "") for cell in row),
        )
    return Line(number, dict(zip(columns, row + [None] * (len(columns) - len(row)), strict=True)))


def _named(header: list[str]) -> list[str]:
    """Column names as they stand; unnamed and repeated ones get a number. Raises Unreadable without a header."""
    if not any(header):
        raise Unreadable("没有表头：第一行要写列名 (the first line must name the columns)")
    named: list[str] = []
    for position, name in enumerate(header, 1):
        plain = name.lstrip("\ufeff") or f"第{position}列"
        named.append(plain if plain not in named else f"{plain}({position})")
    return named
