"""The edge where letters are fetched: one look into a mailbox over IMAP, by the standard library. What a letter means is mailbox.py's."""

import imaplib
import logging
from datetime import datetime
from urllib.parse import unquote, urlsplit

from app import mailbox
from app.config import Settings
from app.work import work

TIMEOUT = 20  # seconds
A_LOOK = 50  # letters


def fetch(settings: Settings, now: datetime) -> int:
    """Take what is unread, mark it read once it is in the database. Returns how many letters were new; 0 when the mailbox cannot be reached.

    Killed at any instant, a letter is fetched again and known by its Message-ID. No transaction is open while the mailbox is asked.
    """
    taken = 0
    try:
        line = _opened(settings.imap_url)
        try:
            for number in _unread(line):
                _answer, parts = line.uid("FETCH", number, "(BODY.PEEK[])")
                raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
                with work() as session:
                    taken += bool(mailbox.take(session, raw, settings, now))
                line.uid("STORE", number, "+FLAGS", "(\\Seen)")
        finally:
            line.logout()
    except (imaplib.IMAP4.error, OSError) as lost:
        logging.getLogger(__name__).warning("the mailbox cannot be read: %s", type(lost).__name__)
    return taken


def _opened(url: str) -> imaplib.IMAP4:
    """Signed in, its folder (the path, INBOX by default) selected. Raises IMAP4.error, OSError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    line = (
        imaplib.IMAP4_SSL(host, parts.port or 993, timeout=TIMEOUT)
        if parts.scheme == "imaps"
        else imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT)
    )
    line.login(unquote(parts.username or ""), unquote(parts.password or ""))
    line.select(unquote(parts.path.strip("/")) or "INBOX")
    return line


def _unread(line: imaplib.IMAP4) -> list[str]:
    _answer, found = line.uid("SEARCH", "UNSEEN")
    return found[0].decode().split()[:A_LOOK] if found and found[0] else []
