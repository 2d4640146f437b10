"""受理台: a call becomes a ticket, an answer, a hand-over or a line on an open one, by keyboard and in under a minute."""

from app.web.operator import call, line, mine, missed, receipt, side
from app.web.operator.desk import pages

__all__ = ["call", "line", "mine", "missed", "pages", "receipt", "side"]
