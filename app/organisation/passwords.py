"""One-time passwords of new accounts: made, hashed as every password is, handed out as one table, kept nowhere else."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.auth.accounts import one_time_password
from app.auth.passwords import hash_password
from app.organisation.book import Done
from app.web.spreadsheet import harmless

HEAD = ("账号", "姓名", "一次性密码")


@dataclass
class Passwords:
    """By username: what is told to the person once, and the form that is stored."""

    said: dict[str, str] = field(default_factory=dict, repr=False)
    hashed: dict[str, str] = field(default_factory=dict, repr=False)

    def make(self, usernames: Iterable[str], step: Callable[[], object] = lambda: None) -> "Passwords":
        """One for each; hashing takes about a fifth of a second a password, on purpose."""
        for username in usernames:
            self.said[username] = one_time_password()
            self.hashed[username] = hash_password(self.said[username])
            step()
        return self

    def stored(self, username: str) -> str:
        """The stored form, made now for whom nobody foresaw."""
        if username not in self.hashed:
            self.make([username])
        return self.hashed[username]

    def table(self, trail: Iterable[Done], head: bool = True) -> str:
        """CSV: account, name and password of the accounts that were added."""
        text = io.StringIO()
        writer = csv.writer(text)
        if head:
            writer.writerow(HEAD)
        for done in trail:
            if done.action == "account-add":
                username = done.after["username"]
                writer.writerow([username, harmless(done.after["name"]), self.said[username]])
        return text.getvalue()
