"""POST /tickets/N/merges · /splits: the same matter of several citizens under one master, and back."""

from app.api.dispatches import NothingBody
from app.api.fields import Body, Text
from app.api.nouns import Nouns, act
from app.auth.access import fetch_ticket
from app.errors import Invalid, NotFound
from tickets import intake

nouns = Nouns("merges", "并件和拆件")


class MergeBody(Body):
    master = Text(40, least=1, required=True, metadata={"description": "并入哪一件的工单号"})


def lock_both(session, actor, number: str, given: dict) -> None:
    """Lock the two in the order of their numbers, so that two people merging them into each other never wait for one another."""
    for one in sorted({number, given["master"]}):
        try:
            fetch_ticket(session, actor, one, lock=True)
        except NotFound:
            if one == number:
                raise
            raise Invalid(master="没有找到要并入的那件工单") from None


@act(nouns, "/merges", MergeBody, "merge", before=lock_both)
def merge_ticket(session, ticket, said, actor, now):
    """并入另一件"""
    intake.merge(session, ticket, fetch_ticket(session, actor, said["master"], lock=True), actor, now)


@act(nouns, "/splits", NothingBody, "split")
def split_ticket(session, ticket, said, actor, now):
    """并错了，拆出来单办"""
    intake.split(session, ticket, actor, now)
