"""A list of due dates that would move, shown a page at a time. Numbers only: an administrator reads no ticket."""

from collections.abc import Sequence

from escalation.recounting import Move

A_PAGE = 50


def page_of(moves: Sequence[Move], asked: str) -> tuple[Sequence[Move], dict]:
    """The moves of one page, and {"page", "pages"} for the links beside them. What is no page is the first."""
    pages = max(1, -(-len(moves) // A_PAGE))
    page = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    return moves[(page - 1) * A_PAGE : page * A_PAGE], {"page": page, "pages": pages}
