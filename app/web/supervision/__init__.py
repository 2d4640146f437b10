"""督办台: the supervisor's desk, its lists, the page of one order, and what a unit sees of its own."""

from app.web.supervision import desk, highest, lists, orders
from app.web.supervision.room import pages

__all__ = ["desk", "highest", "lists", "orders", "pages"]
