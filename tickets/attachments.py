"""Photos and audio that hang on a ticket: the type is sniffed from the bytes, the size capped, images re-encoded so that place and
device data are gone. Files lie in the uploads folder, named by their own SHA-256; who may fetch one is the ticket's business."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from PIL import ExifTags, Image
from sqlalchemy.orm import Session

from app.errors import Invalid, TooLarge, WrongState
from tickets.actors import SYSTEM_ACTOR, Actor
from tickets.codes import OPEN
from tickets.events import Event, record
from tickets.models import Attachment, Ticket

LONGEST_SIDE = 2048
MOST_PIXELS = 60_000_000
MOST_PER_TICKET = 30
AUDIO = (
    (b"RIFF", 8, b"WAVE", "audio/wav", "wav"),
    (b"ID3", 0, b"ID3", "audio/mpeg", "mp3"),
    (b"\xff\xfb", 0, b"\xff\xfb", "audio/mpeg", "mp3"),
    (b"#!AMR", 0, b"#!AMR", "audio/amr", "amr"),
    (b"OggS", 0, b"OggS", "audio/ogg", "ogg"),
)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # how a camera says which way is up (EXIF)
PURPOSES = ("citizen", "evidence", "reply", "task", "proof")  # what one may say a file is; "child": another citizen's, of a merged ticket


@dataclass(frozen=True)
class Checked:
    """A file fit to keep."""

    kind: str
    mime: str
    suffix: str
    data: bytes
    width: int | None = None
    height: int | None = None


def check(data: bytes, limit_bytes: int) -> Checked:
    """Sniff, bound and re-encode. Raises TooLarge, or Invalid naming what may be sent."""
    if len(data) > limit_bytes:
        raise TooLarge("文件太大，最多 %(mb)s MB；请压缩后再传", mb=limit_bytes // 1024 // 1024)
    if not data:
        raise Invalid(file="文件是空的，请重新选")
    for start, offset, mark, mime, suffix in AUDIO:
        if data.startswith(start) and data[offset : offset + len(mark)] == mark:
            return Checked("audio", mime, suffix, data)
    if data[4:8] == b"ftyp" and data[8:11] in (b"M4A", b"mp4", b"iso"):
        return Checked("audio", "audio/mp4", "m4a", data)
    if data.startswith(b"%PDF-"):
        return Checked("document", "application/pdf", "pdf", data)
    return _photo(data)


def _photo(data: bytes) -> Checked:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "GIF", "BMP")) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise Invalid(file="照片像素太大，请缩小后再传")
                turn = TURNS.get(opened.getexif().get(ExifTags.Base.Orientation))
                upright = (opened if turn is None else opened.transpose(turn)).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as bad:
        raise Invalid(file="只收照片（JPG、PNG、WEBP）、录音（WAV、MP3、AMR、M4A）和 PDF") from bad
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=85)
    return Checked("photo", "image/jpeg", "jpg", out.getvalue(), upright.width, upright.height)


def attach(
    session: Session, ticket: Ticket, name: str, checked: Checked, folder: Path, purpose: str, actor: Actor, now: datetime
) -> Attachment:
    """Keep a checked file and note it in the history. Raises WrongState on a closed ticket or past 30 files."""
    late = {"emergency-transferred", "direct-closed", "merged"} | (
        {"refused"} if actor is SYSTEM_ACTOR else set()
    )  # a call's recording comes after its end
    if ticket.status not in OPEN | late and not (purpose == "proof" and ticket.notice == "parties"):
        raise WrongState("已办结的工单不能再加附件")
    if (session.scalar(sa.select(sa.func.count()).where(Attachment.ticket_id == ticket.id)) or 0) >= MOST_PER_TICKET:
        raise WrongState("一件工单最多 30 个附件")
    digest = keep(folder, checked)
    clean = Path("".join(filter(str.isprintable, name)).replace("\\", "/")).name[-80:] or f"file.{checked.suffix}"
    row = Attachment(
        ticket_id=ticket.id,
        kind=checked.kind,
        purpose=purpose,
        name=clean,
        mime=checked.mime,
        size=len(checked.data),
        sha256=digest,
        width=checked.width,
        height=checked.height,
        by_id=actor.account_id,
        at=now,
    )
    session.add(row)
    session.flush()
    record(
        session,
        Event(
            ticket,
            "attach",
            actor,
            now,
            {"attachment": row.id, "kind": checked.kind, "sha256": digest, "purpose": purpose},
            ticket.status,
            ticket.status,
        ),
    )
    return row


def keep(folder: Path, checked: Checked) -> str:
    """The file in its place, under the digest that is returned."""
    digest = hashlib.sha256(checked.data).hexdigest()
    _write(path_of(folder, digest), checked.data)
    return digest


def path_of(folder: Path, digest: str) -> Path:
    """Where a file with this digest lies: two levels, so that no folder grows huge."""
    return folder / digest[:2] / digest


def attachments_of(session: Session, ticket_id: int) -> list[Attachment]:
    """The files of a ticket, oldest first."""
    return list(session.scalars(sa.select(Attachment).where(Attachment.ticket_id == ticket_id).order_by(Attachment.id)))


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: the same bytes have the same name, so a second writer changes nothing."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".part{id(data)}")
    part.write_bytes(data)
    part.replace(path)
