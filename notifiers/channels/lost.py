"""What it means that a provider's answer was never heard: the same for every channel that speaks HTTP through `requests`."""

import requests
from urllib3.exceptions import NewConnectionError

from notifiers.channels.base import RETRY, UNKNOWN, Outcome


def lost(failed: requests.RequestException) -> Outcome:
    """Never connected: nobody has it. Anything later: they may."""
    reason = getattr(failed.args[0], "reason", None) if failed.args else None
    never = isinstance(failed, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
    return Outcome(RETRY if never else UNKNOWN, code="unreachable" if never else "no-answer", words=type(failed).__name__)
