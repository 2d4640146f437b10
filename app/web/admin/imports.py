"""Units, accounts, categories, catalogue, knowledge, boundaries from a table: a template to fill in, what the table would do, and the press that does it."""

import base64
import secrets
import tempfile
import zipfile
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from flask import current_app, g, render_template, request, send_file
from sqlalchemy.orm import Session

from app import clock
from app.errors import Invalid, TooLarge
from app.imports.lines import Unreadable
from app.imports.readers import opened
from app.organisation.accounts import new_usernames
from app.organisation.book import Book, Entry, apart
from app.organisation.passwords import Passwords
from app.organisation.run import KINDS, Kind, lay, rehearse
from app.organisation.table import Table, read
from app.web import forms
from app.web.admin.import_words import HINTS, TITLES
from app.web.admin.room import pages
from app.web.i18n import current_language
from app.web.i18n import gettext as _
from app.web.spreadsheet import MIME, write
from app.work import session_now, work
from tickets.reference import forget

LARGEST, UNPACKED = 2_000_000, 60_000_000  # bytes of a file, and of a workbook taken out of its wrapping
MOST, MOST_NEW = 5_000, 100  # rows; new accounts, whose passwords take a fifth of a second each to hash
KEPT = 1800  # seconds a table waits for the press
SHOWN = 300  # lines of each sort on a page
OURS = (
    "roles",
    "role",
    "known",
    "kind",
    "active",
    "public",
    "on_site",
    "staged",
    "live",
)  # cells, and holes of sentences, that hold words of ours
WHERE = "/<any(units,accounts,categories,catalogue,knowledge,boundaries):name>/import"
HOMES = {"knowledge": "/desk/knowledge"}  # where the list of a kind stands, if not at /admin/KIND


@dataclass(frozen=True)
class Upload:
    """What somebody sent: the file's name, its bytes, and whether units that get a liaison are to be opened."""

    name: str
    data: bytes
    open_units: bool


@pages.get(WHERE)
def import_form(name: str):
    """What the table must hold, and where to put it."""
    return _page(name)


@pages.get(WHERE + "/template")
def import_template(name: str):
    """A workbook with the columns and two lines to write over."""
    kind = KINDS[name]
    head = [_word(kind, column.name) for column in kind.columns]
    return send_file(write(name, "", head, kind.examples), MIME, as_attachment=True, download_name=f"{name}.xlsx")


@pages.post(WHERE)
def try_import(name: str):
    """What the table would add, change and reject. Nothing is written; the table waits for the press."""
    try:
        upload = _sent()
        table = _read(name, upload)
        session = session_now()
        book = rehearse(session, KINDS[name], table, _book(session, upload))
        session.rollback()
        _refuse_too_many(name, session, table)
    except (Invalid, TooLarge, Unreadable) as bad:
        said = bad.fields["file"][0] if isinstance(bad, Invalid) else bad.text if isinstance(bad, TooLarge) else str(bad)
        return _page(name, error=_(said, **getattr(bad, "values", {}))), 413 if isinstance(bad, TooLarge) else 422
    return _page(name, book=book, table=table, token=_keep(name, upload) if book.trail else "")


@pages.post(WHERE + "s")
def do_import(name: str):
    """The press: the table that waited is laid, whole rows or none; new passwords stand in this answer and nowhere else."""
    upload = _kept(name, forms.text("token"))
    if upload is None:
        return _page(name, error=_("这张表已经导入过，或者放了半小时以上，请再选一次文件")), 409
    table, passwords = _read(name, upload), Passwords()
    if name == "accounts":
        passwords.make(new_usernames(session_now(), table.rows))
        session_now().rollback()
    with work() as session:
        book = _book(session, upload)
        book.stored = passwords.stored
        lay(KINDS[name], table, book)
    forget(session_now())
    return _page(name, book=book, table=table, done=True, passwords=_link(passwords.table(book.trail)) if passwords.said else "")


def _book(session: Session, upload: Upload) -> Book:
    return Book(session, clock.now(), g.actor, upload.open_units)


def _sent() -> Upload:
    """The file of the form. Raises Invalid, TooLarge."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid(file="请选一个文件")
    with closing(file):
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST or _unpacked(data) > UNPACKED:
        raise TooLarge("文件太大，网页上最多 2 MB。请分成几张表，或在服务器上用 import-* 命令导入")
    if data[:2] == b"\x1f\x8b":
        raise Invalid(file="请先解开压缩再上传")
    return Upload("".join(filter(str.isprintable, file.filename))[-80:], data, forms.flag("open"))


def _unpacked(data: bytes) -> int:
    """The size of a workbook taken out of its wrapping; 0 for what is none."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            return sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile:
        return 0


def _read(name: str, upload: Upload) -> Table:
    """Raises Unreadable, TooLarge."""
    with tempfile.NamedTemporaryFile() as kept:
        kept.write(upload.data)
        kept.flush()
        table = read(opened(Path(kept.name)), upload.name, KINDS[name].columns, MOST)
    if len(table.rows) + len(table.broken) > MOST:
        raise TooLarge("表太大，网页上一次最多 %(most)s 行。请在服务器上运行 python3 manage.py import-%(kind)s 文件", most=MOST, kind=name)
    return table


def _refuse_too_many(name: str, session: Session, table: Table) -> None:
    """Raises TooLarge when hashing all new passwords would outlast a request."""
    count = len(new_usernames(session, table.rows)) if name == "accounts" else 0
    if count > MOST_NEW:
        raise TooLarge(
            "有 %(n)s 个新账号，网页上一次最多 %(most)s 个（每个密码都要慢慢算）。请在服务器上运行 python3 manage.py import-accounts 文件",
            n=count,
            most=MOST_NEW,
        )


def _keep(name: str, upload: Upload) -> str:
    """The file waits in Valkey for this person's press; should it be lost, it is sent again."""
    token, redis = secrets.token_urlsafe(18), current_app.extensions["redis"]
    with redis.pipeline() as line:
        line.hset(_key(name, token), mapping={"name": upload.name, "data": upload.data, "open": int(upload.open_units)})
        line.expire(_key(name, token), KEPT)
        line.execute()
    return token


def _kept(name: str, token: str) -> Upload | None:
    """The file that waits, taken away: of two presses one finds it."""
    with current_app.extensions["redis"].pipeline() as line:
        found, _gone = line.hgetall(_key(name, token)).delete(_key(name, token)).execute()
    return Upload(found[b"name"].decode(), found[b"data"], found[b"open"] == b"1") if found else None


def _key(name: str, token: str) -> str:
    return f"import:{g.actor.account_id}:{name}:{token}"


def _link(text: str) -> str:
    """A download inside the page itself: the server keeps no copy to give out again."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode("utf-8-sig")).decode()


def _page(name: str, error: str = "", book: Book | None = None, **more) -> str:
    kind = KINDS[name]
    columns = [(column, _word(kind, column.name), HINTS[name].get(column.name, "")) for column in kind.columns]
    return render_template(
        "admin/import.html",
        name=name,
        title=TITLES[name],
        home=HOMES.get(name, f"/admin/{name}"),
        columns=columns,
        error=error,
        book=book,
        shown=SHOWN,
        word=lambda column: _word(kind, column),
        value=_value,
        apart=apart,
        reasons=lambda entry: _reasons(kind, entry),
        **more,
    )


def _reasons(kind: Kind, entry: Entry) -> str:
    said = [
        (_word(kind, column), _(text, **{name: _value(name, one) for name, one in values.items()}))
        for column, text, values in entry.reasons
    ]
    return _("；").join(f"{word}{_('：')}{sentence}" if word else sentence for word, sentence in said)


def _word(kind: Kind, column: str) -> str:
    """The name of a column as the reader's template has it."""
    return column if current_language() == "en" else kind.word_of(column)


def _value(name: str, said):
    """Words of ours in the reader's language; what people wrote stays."""
    return _("、").join(_(word) for word in said.split("、")) if name in OURS else said
