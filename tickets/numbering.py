"""Ticket numbers and query codes, both from one sequence value; no table is asked whether they are taken."""

import hashlib
from datetime import datetime

from app.clock import local
from tickets.codes import CHANNEL_DIGIT

HALF = 100_000


def ticket_number(serial: int, at: datetime, region_code: str, channel: str) -> str:
    """`YYYYMMDD` + region (6) + channel (1) + the serial's last six digits (domain §8); unique below a million tickets a day."""
    return f"{local(at):%Y%m%d}{region_code[:6]:0<6}{CHANNEL_DIGIT[channel]}{serial % 1_000_000:06d}"


def query_code(serial: int, key: str) -> str:
    """Ten digits that never repeat and cannot be guessed from one another: a keyed permutation (four Feistel rounds) of the serial."""
    left, right = divmod(serial % (HALF * HALF), HALF)
    for turn in range(4):
        mix = hashlib.sha256(f"{key}:{turn}:{right}".encode()).digest()
        left, right = right, (left + int.from_bytes(mix[:8])) % HALF
    return f"{left:05d}{right:05d}"
