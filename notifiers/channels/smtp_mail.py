"""The channel "email": one letter over SMTP by the standard library. Its Message-ID is signed, so that an answer to it finds its matter again."""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from urllib.parse import unquote, urlsplit

from notifiers.channels.base import ACCEPTED, REFUSED, RETRY, UNASKABLE, UNKNOWN, WITHHELD, Outcome, Outgoing

TIMEOUT = 20  # seconds
PORTS = {"smtp": 25, "smtps": 465}
WRONG_US = (530, 534, 535, 538)  # our credentials or encryption: an administrator mends it, the letter waits
WORDS = {
    550: "没有这个邮箱 (no such mailbox)",
    552: "邮箱满了 (mailbox full)",
    535: "发信账号或密码不对 (wrong credentials)",
    554: "被当作垃圾邮件拒收 (refused as spam)",
}


@dataclass(frozen=True)
class Mailbox:
    """Where letters leave: smtp://user:password@host:587 (STARTTLS when it is offered) or smtps://…; `sender` and `name` are who they are from."""

    url: str = field(repr=False)
    sender: str
    name: str


@dataclass(frozen=True)
class File:
    """What is attached to a letter."""

    name: str
    mime: str
    body: bytes = field(repr=False)


def nothing(_message: Outgoing) -> Sequence[File]:
    """Most letters carry no file."""
    return ()


class SmtpMail:
    """The Sender of the channel "email". `sign` makes the key in a letter's Message-ID from our id (letters.reply_key); `files` gives what a
    letter carries, or None when whom it is for may not have it: then it does not leave."""

    def __init__(self, mailbox: Mailbox, sign: Callable[[int], str], files: Callable[[Outgoing], Sequence[File] | None] = nothing):
        self._mailbox, self._sign, self._files = mailbox, sign, files

    def send(self, message: Outgoing) -> Outcome:
        """One connection, one letter."""
        files = self._files(message)
        if files is None:
            return Outcome(WITHHELD, code="may-not-read", words="收件人已经无权看这份附件 (may not read the file any more)")
        try:
            with self._connected() as line:
                line.send_message(self._letter(message, files))
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = next(iter(refused.recipients.values()))
            return _refusal(code, words)
        except smtplib.SMTPResponseException as refused:
            return _refusal(refused.smtp_code, refused.smtp_error)
        except (ConnectionRefusedError, smtplib.SMTPConnectError, ssl.SSLError, smtplib.SMTPNotSupportedError) as never:
            return Outcome(RETRY, code="unreachable", words=type(never).__name__)
        except (OSError, smtplib.SMTPServerDisconnected) as lost:
            return Outcome(UNKNOWN, code="no-answer", words=type(lost).__name__)
        return Outcome(ACCEPTED, code="250")

    def find(self, _message: Outgoing) -> Outcome:
        """Nobody can be asked; a second letter carries the same Message-ID, by which most mailboxes show one."""
        return UNASKABLE

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self._mailbox.url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        if parts.scheme == "smtps":
            line: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
        else:
            line = smtplib.SMTP(host, port, timeout=TIMEOUT)
            line.ehlo()
            if line.has_extn("starttls"):
                line.starttls(context=ssl.create_default_context())
        if parts.username:
            line.login(unquote(parts.username), unquote(parts.password or ""))
        return line

    def _letter(self, message: Outgoing, files: Sequence[File]) -> EmailMessage:
        letter = EmailMessage()
        letter["Subject"] = " ".join((message.title or self._mailbox.name).split())
        letter["From"] = formataddr((self._mailbox.name, self._mailbox.sender))
        letter["To"] = message.address
        letter["Date"] = format_datetime(message.claimed_at)
        letter["Message-ID"] = f"<{self._sign(message.message_id)}@{self._mailbox.sender.partition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text + "\n")
        for file in files:
            kind, _slash, finer = file.mime.partition("/")
            letter.add_attachment(file.body, maintype=kind, subtype=finer, filename=file.name)
        return letter


def _refusal(code: int, said: bytes | str) -> Outcome:
    words = WORDS.get(code) or (said.decode("utf-8", "replace") if isinstance(said, bytes) else said)[:200]
    return Outcome(RETRY if code < 500 or code in WRONG_US else REFUSED, code=str(code), words=words)
