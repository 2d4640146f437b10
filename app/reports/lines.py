"""Where a line of Chinese ends: between any two signs, but no line begins with what closes nor ends with what opens, and numbers and Latin words stay whole. Pure."""

import re
from collections.abc import Callable, Iterator

_PIECES = re.compile(r"[A-Za-z0-9][A-Za-z0-9.,:%/_@#+–-]*|\s+|.", re.DOTALL)
CLOSES = "，。；：、）》」』】〉”’！？％%…·,.;:!?)]}"
OPENS = "（《「『【〈“‘([{"


def wrapped(text: str, width_of: Callable[[str], float], wide: float) -> str:
    """The text with its line breaks, each line at most `wide` by `width_of`; one sign that is wider stands alone."""
    lines = [""]
    for piece in _whole(text):
        if lines[-1] and width_of(lines[-1] + piece.rstrip()) > wide:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return "\n".join(lines)


def _whole(text: str) -> Iterator[str]:
    """What is never torn apart."""
    held = ""
    for piece in _PIECES.findall(text):
        if held and piece not in CLOSES and held[-1] not in OPENS:
            yield held
            held = ""
        held += piece
    if held:
        yield held
