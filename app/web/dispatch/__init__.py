"""派单台: the one responsible unit for every matter, with the evidence beside it; returns, disputes and requests decided."""

from app.web.dispatch import acts, asked, bulk, decisions, evidence, queue
from app.web.dispatch.desk import pages

__all__ = ["acts", "asked", "bulk", "decisions", "evidence", "pages", "queue"]
