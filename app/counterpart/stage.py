"""What every part of the counterpart stands on: who plays, the shared book, the trouble, the courier, and the panels of a telephone."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app import clock
from app.config import Settings
from app.counterpart.book import Book, Row
from app.counterpart.courier import Courier
from app.counterpart.trouble import Die
from app.web.i18n import later

PHONES = (("13900010001", "林晓梅", later("市民")), ("13900010002", "陈建国", later("市民")), ("13900010003", "周敏", later("小店店主")))


@dataclass(frozen=True)
class Panel:
    """One app of a telephone: a tab. `template` is rendered with `phone` and what `facts(phone)` gives; the part's own routes take its forms."""

    code: str
    label: str
    icon: str
    template: str
    facts: Callable[[str], dict]


@dataclass
class Stage:
    """One counterpart. `settings` are the product's own, so both know the same credentials; `panels` are shown in this order."""

    settings: Settings
    book: Book
    die: Die
    courier: Courier
    panels: list[Panel] = field(default_factory=list)

    def phone(self, number: str, name: str = "", who: str = "") -> Row:
        """The telephone with this number (as people write it: 139…), made when it is new."""
        return self.book.get("phone", number) or self.book.put("phone", number, {"number": number, "name": name, "who": who, "seen": {}})

    def show(self, number: str, app: str, side: str, words: str, **more) -> Row:
        """Something appears on a telephone: `app` is a panel's code, `side` "in" (to the person) or "out" (by them). Rows of kind "shown"."""
        self.phone(number)
        turn = self.book.fresh()
        row = {"id": turn, "phone": number, "app": app, "side": side, "words": words, "at": clock.now().isoformat()} | more
        return self.book.put("shown", turn, row)

    def shown(self, number: str, app: str) -> list[Row]:
        """What one app of a telephone shows, oldest first."""
        return self.book.rows("shown", lambda row: row["phone"] == number and row["app"] == app)

    def close(self) -> None:
        """The play is over."""
        self.courier.close()
        self.book.close()


def staged(settings: Settings, product: str, path: Path | None) -> Stage:
    """A stage with its usual telephones. `product`: where the product listens on this machine; `path`: the file that remembers."""
    book = Book(path)
    stage = Stage(settings, book, Die(), Courier(book, settings.twilio_auth_token, settings.public_url, product))
    for number, name, who in PHONES:
        stage.phone(number, name, who)
    return stage


def sid_of(prefix: str, *parts: object) -> str:
    """An id as Twilio makes them: two letters and 32 hexadecimal digits, the same for the same parts."""
    return prefix + hashlib.sha256("·".join(map(str, parts)).encode()).hexdigest()[:32]


def plain(number: str) -> str:
    """+86139… as people write it."""
    return number.removeprefix("+86")


def international(number: str) -> str:
    """139… as providers write it."""
    return number if number.startswith("+") else f"+86{number}"
