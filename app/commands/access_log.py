"""What gunicorn writes into web.log, without what only a citizen may know: codes and one-time links stand in addresses, telephone numbers in queries.

Loaded by gunicorn's --logger-class (serving.py). The application's own errors name the route, never the address (app/web/refusals.py).
"""

import logging
import re
from urllib.parse import quote

from gunicorn.glogging import Logger

# what follows these is a secret; ten or eleven digits are a code or a telephone number wherever somebody mistyped them; and any query
_SECRET = re.compile(
    r"(/(?:t|rate|held|mail|tokens|hooks/alibaba/sms|public/tickets|public/ratings)/+)[^/?\s'\"]+|(?<!\d)\d{10,11}(?!\d)|(\?)\S+"
)
HIDDEN = "***"


def masked(words: str) -> str:
    """An address, or a sentence with one in it, that may be written down."""
    return _SECRET.sub(lambda found: (found[1] or found[2] or "") + HIDDEN, words)


class Masked(Logger):
    """gunicorn's own logger; its lines tell which page was asked for, never whose."""

    def setup(self, cfg) -> None:
        super().setup(cfg)
        self.error_log.addFilter(_mask)

    def atoms(self, resp, req, environ, request_time) -> dict:
        """The parts of an access line. The path is written as it was asked for: a line break in it is none in the log."""
        path = quote(environ.get("PATH_INFO", "").encode("latin-1", "replace"), safe="/:@!$&'()*+,;=")
        return super().atoms(resp, req, environ, request_time) | {"U": masked(path)}


def _mask(record: logging.LogRecord) -> bool:
    record.msg, record.args = masked(record.getMessage()), ()
    return True
