"""Chinese text as data: bigrams to search by, a sketch to find near-copies by, masking of numbers. Pure functions."""

import re
import unicodedata
import zlib

_SPLIT = re.compile(r"[^\w]+")
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}[- ]?)\d{4,5}(\d{3})(?!\d)")
_ID_CARD = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?![\dXx])")
SKETCH_SIZE = 12


def normal(text: str) -> str:
    """One width, one case, no white space: "海晏小区 3 幢" and "海晏小区3幢" are the same."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).lower())


def bigrams(text: str) -> list[str]:
    """The distinct pairs of neighbouring characters of every run of letters, digits and Chinese; a lone one stands alone."""
    found = set()
    for run in _SPLIT.split(normal(text)):
        if len(run) == 1:
            found.add(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    return sorted(found)


def query_of(words: str) -> str | None:
    """The tsquery text for a search, AND of all bigrams; None when there is nothing of two characters to search by."""
    pairs = [pair for pair in bigrams(words) if len(pair) == 2]
    return " & ".join(f"'{pair}'" for pair in pairs) or None


def contains(haystack: str, words: str) -> bool:
    """Whether every blank-separated piece of `words` really stands in the text (bigrams alone may lie about order)."""
    plain = _SPLIT.sub("", normal(haystack))
    return all(_SPLIT.sub("", normal(piece)) in plain for piece in words.split())


def sketch(text: str) -> list[int]:
    """The smallest hashes of the text's three-character pieces: edited copies share most of them."""
    plain = _SPLIT.sub("", normal(text))
    pieces = {plain[i : i + 3] for i in range(len(plain) - 2)}
    return sorted(zlib.crc32(piece.encode()) for piece in pieces)[:SKETCH_SIZE]


def likeness(one: list[int], other: list[int]) -> float:
    """0–1: the share of the merged bottom of two sketches that both hold (an estimate of Jaccard likeness)."""
    bottom = sorted(set(one) | set(other))[:SKETCH_SIZE]
    both = set(one) & set(other)
    return sum(value in both for value in bottom) / len(bottom) if bottom else 0.0


def whole_number(raw: str, digits: int = 18) -> int | None:
    """The whole number a text is; None for none: decimal digits alone (no sign, no "²"), at most `digits` of them, which 18 fit every id."""
    return int(raw) if raw.isdecimal() and len(raw) <= digits else None


def mask_numbers(text: str) -> str:
    """Phone and identity-card numbers inside free text, their middle starred (domain §11)."""
    return _LANDLINE.sub(r"\1****\2", _PHONE.sub(r"\1****\2", _ID_CARD.sub(r"\1********\2", text)))


def mask_name(name: str) -> str:
    """As "王小明" → "王**"; a firm keeps its first four characters."""
    if not name:
        return ""
    shown = 1 if len(name) <= 4 else 4
    return name[:shown] + "*" * max(1, min(len(name) - shown, 4))


def mask_phone(phone: str) -> str:
    """As "13812345678" → "138****5678"; short numbers keep their last two digits."""
    if len(phone) >= 8:
        return phone[:3] + "****" + phone[-4:]
    return "*" * max(0, len(phone) - 2) + phone[-2:]
