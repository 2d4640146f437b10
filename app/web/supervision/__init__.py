"""督办台: the supervisor's desk, its lists, the page of one order, and what a unit sees of its own."""

from app.web.supervision import desk, lists, orders
from app.web.supervision.room import pages

__all__ = ["desk", "lists", "orders", "pages"]
