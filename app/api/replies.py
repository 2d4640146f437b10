"""POST /tickets/N/drafts · /replies · /site-checks · /reviews · /ledgers: the unit's one voice to the citizen, and the centre's audit of it."""

import sqlalchemy as sa

from app.api import rows
from app.api.attachments import checked_pictures, keep_pictures
from app.api.fields import Body, Code, Listed, Moment, Picture, Text
from app.api.lists import listed, requests_of
from app.api.nouns import Nouns, act
from app.api.rows import ReplyShape
from tickets import answering, codes, handling, standards
from tickets.models import Reply
from tickets.standards import MOST_PHOTOS

nouns = Nouns("replies", "答复：起草、签发、审核、挂账")
requests_of(nouns, "/ledgers", "ledger", "挂账申请")


class ReplyBody(Body):
    result = Code(codes.RESULTS, required=True)
    content = Text(5000, least=1, required=True)
    measures = Text(2000, load_default="")
    time = Text(200, load_default="")
    person = Text(200, load_default="")
    promised_at = Moment(load_default=None, allow_none=True, metadata={"description": "没有全部办好的，要给承诺日期"})


class ReviewBody(Body):
    decision = Code(("approve", "reject"), required=True)
    defect = Code(codes.DEFECTS, load_default="", metadata={"description": "发回重办时必选"})
    words = Text(1000, load_default="")


class SiteCheckBody(Body):
    words = Text(1000, least=2, required=True)
    photos = Listed(Picture(), MOST_PHOTOS, load_default=list, metadata={"description": "现场照片，base64；也可先由同一人上传"})


class LedgerBody(Body):
    measures = Text(2000, load_default="", metadata={"description": "单位申请时必填"})
    promised_at = Moment(load_default=None, allow_none=True, metadata={"description": "单位申请时必填"})


@act(nouns, "/drafts", ReplyBody, "draft-reply", shape=ReplyShape, shows=rows.reply, status=201)
def draft_reply(session, ticket, said, actor, now):
    """起草答复，等负责人签发"""
    return handling.draft_reply(session, ticket, actor, now, **said)


@act(nouns, "/replies", ReplyBody, "reply", "fulfil")
def send_reply(session, ticket, said, actor, now):
    """签发答复；挂账件到期兑现也走这里"""
    handling.reply(session, ticket, actor, now, **said)


@act(nouns, "/reviews", ReviewBody, "approve-reply", "reject-reply")
def review_reply(session, ticket, said, actor, now):
    """审核答复：通过，或发回重办"""
    answering.review(session, ticket, said["decision"] == "approve", actor, now, said["defect"], said["words"])


def _check_photos(session, actor, number: str, given: dict) -> None:
    given["photos"] = checked_pictures(given["photos"], "photos")


@act(nouns, "/site-checks", SiteCheckBody, "check-on-site", before=_check_photos)
def check_on_site(session, ticket, said, actor, now):
    """现场核查：中心到现场看过、拍了照"""
    keep_pictures(session, ticket, said["photos"], "evidence", actor, now)
    standards.check_on_site(session, ticket, said["words"], actor, now)


@act(nouns, "/ledgers", LedgerBody, "request-ledger", "confirm-ledger")
def ledger_ticket(session, ticket, said, actor, now):
    """客观上一时办不到：单位申请挂账，派单员确认"""
    handling.ledger(session, ticket, actor, now, said["measures"], said["promised_at"])


@listed(nouns, "/replies", ReplyShape)
def list_replies(session, ticket, actor, now):
    """每一轮的答复；草稿只有主办单位和中心看得到"""
    found = session.scalars(sa.select(Reply).where(Reply.ticket_id == ticket.id).order_by(Reply.id))
    return [
        rows.reply(session, row, actor, now) for row in found if row.state != "draft" or actor.of_centre or row.unit_id in actor.unit_ids
    ]
