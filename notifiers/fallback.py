"""What surely did not get there one way goes the next: a table of which way may follow which, and the message that follows. Pure; outbox.py writes it."""

from typing import Any

from app.vault import Vault
from notifiers.message import EMAIL, ROBOTS, SMS, WECHAT, Message, Way
from notifiers.models import OutboxMessage

# a channel → those that may take over. A robot's group and another system are the end of the road; the inbox is always written and needs none
FOLLOWS = {WECHAT: (SMS, EMAIL), EMAIL: (SMS, WECHAT), SMS: (WECHAT, EMAIL, *ROBOTS)}


def after(message: OutboxMessage, vault: Vault) -> Message | None:
    """The same to the same person by the next way of theirs that may follow, with the ways still left; None when there is none."""
    for place, way in enumerate(message.otherwise):
        if may_follow(message.channel, way["channel"]):
            rest = tuple(
                Way(one["channel"], vault.open(bytes.fromhex(one["address"])), one["shown_to"], one["key"])
                for one in message.otherwise[place + 1 :]
            )
            return Message(
                way["key"] or f"{message.key}>{way['channel']}",
                way["channel"],
                message.template,
                message.values,
                message.urgency,
                message.account_id,
                vault.open(bytes.fromhex(way["address"])),
                way["shown_to"],
                message.language,
                tuple(message.subjects),
                otherwise=rest,
                instead_of_id=message.id,
            )
    return None


def may_follow(channel: str, other: str) -> bool:
    """Whether what did not get there by `channel` may go by `other`."""
    return other in FOLLOWS.get(channel, ())


def sealed(way: Way, vault: Vault) -> dict[str, Any]:
    """A way as a message's row keeps it."""
    return {"channel": way.channel, "address": vault.seal(way.address).hex(), "shown_to": way.shown_to, "key": way.key}
