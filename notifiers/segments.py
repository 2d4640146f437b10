"""How many parts a telephone message is sent and charged in: GSM-7 160/153 where every letter allows it, else UCS-2 70/67. Pure arithmetic."""

from decimal import Decimal
from typing import NamedTuple

GSM, UCS = "gsm-7", "ucs-2"
ONE, EACH = {GSM: 160, UCS: 70}, {GSM: 153, UCS: 67}
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED = frozenset("\f^{}\\[~]|€")  # two places each


class Count(NamedTuple):
    """`units`: places the text takes; `parts`: messages it is sent and charged as, none for an empty text; `left`: places still free in the last one."""

    encoding: str
    units: int
    parts: int
    left: int


def count(text: str) -> Count:
    """What this text takes. A letter of two places is never torn between two parts."""
    encoding = GSM if all(letter in BASIC or letter in ESCAPED for letter in text) else UCS
    widths = [_width(letter, encoding) for letter in text]
    units = sum(widths)
    if units <= ONE[encoding]:
        return Count(encoding, units, 1 if text else 0, ONE[encoding] - units)
    parts, used = 1, 0
    for width in widths:
        if used + width > EACH[encoding]:
            parts, used = parts + 1, 0
        used += width
    return Count(encoding, units, parts, EACH[encoding] - used)


def cost(text: str, price: Decimal, people: int = 1) -> Decimal:
    """What it costs to send it to so many people at `price` a part."""
    return count(text).parts * price * people


def _width(letter: str, encoding: str) -> int:
    if encoding == GSM:
        return 2 if letter in ESCAPED else 1
    return 2 if ord(letter) > 0xFFFF else 1
