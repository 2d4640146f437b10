"""How often and how soon a message that did not go is tried again, and when it is given up. A table and pure arithmetic."""

from datetime import timedelta

BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 7200))
MOST_TRIES = len(BACKOFF) + 1
SPREAD = 0.2  # what failed together does not come back together


def wait_before_next(tries: int, message_id: int, asked: timedelta | None = None) -> timedelta | None:
    """The pause after the `tries`-th try (from 1), or None to give up. `asked`: what the provider itself asked for, if longer.

    The pause grows by up to a fifth, by the message's id: the same message always waits as long.
    """
    if tries >= MOST_TRIES:
        return None
    pause = BACKOFF[tries - 1] * (1 + SPREAD * (message_id * 2654435761 % 1000) / 1000)
    return max(pause, asked) if asked else pause
