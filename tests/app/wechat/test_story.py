"""A matter told on WeChat in safe mode, with a photo, a spoken message and a place, from the first word to the rating; all through the real library."""

import io
from datetime import timedelta

import sqlalchemy as sa
from PIL import Image

from app import clock
from app.counterpart.wechat_hand import SILENCE
from app.wechat.models import WechatMatter, WechatMedia
from app.wechat.place import to_mars
from app.work import session_now, work
from tests import factories
from tests.app.wechat.conftest import person
from tickets import answering, dispatch, handling
from tickets.attachments import attachments_of
from tickets.models import Identity, Rating, Ticket

DAY = timedelta(days=1)


def a_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 120, 160)).save(out, "JPEG")
    return out.getvalue()


def here(lng: float, lat: float) -> dict[str, str]:
    east, north = to_mars(lng, lat)
    return {"Location_X": f"{north:.6f}", "Location_Y": f"{east:.6f}", "Scale": "16", "Label": "东门街道海晏路 9 号"}


def test_a_matter_is_told_answered_and_rated(app, lin):
    assert "一步步问您" in lin.sends("event", {"Event": "subscribe", "EventKey": ""})
    assert "同意" in lin.says("海晏小区三幢地下室污水倒灌，没过脚面")
    assert "帮我解决" in lin.says("同意")
    assert "像是哪一类" in lin.says("1")
    assert "发位置" in lin.says("1")
    assert "东门街道" in lin.sends("location", here(122.9584, 35.014))
    assert "收到 1 个" in lin.photographs(a_picture())
    assert "收到 2 个" in lin.speaks(SILENCE, "水还在涨，老人出不来")
    assert "手机号" in lin.says("好了")
    assert "怎么称呼" in lin.says("13900010001")
    summary = lin.says("林女士")
    assert "照片 1 张" in summary
    assert "语音 1 段" in summary
    assert "139****0001" in summary
    assert "13900010001" not in summary
    assert "林女士" not in summary
    filed = lin.says("1")
    ticket = session_now().scalars(sa.select(Ticket).where(Ticket.channel == "wechat")).one()
    assert ticket.number in filed
    assert ticket.query_code in filed
    assert (ticket.region_code, ticket.appeal_type) == ("990101001", "help")
    assert abs(ticket.lng - 122.9584) < 1e-4
    assert "水还在涨" in ticket.content
    assert [(one.kind, one.purpose) for one in attachments_of(session_now(), ticket.id)] == [("photo", "citizen"), ("audio", "citizen")]
    assert session_now().get(Identity, ticket.id).masked_phone == "139****0001"
    assert {row.state for row in session_now().scalars(sa.select(WechatMedia))} == {"kept"}
    assert session_now().get(WechatMatter, ticket.id).person_id == person().id
    assert sum(ticket.query_code in words for words in lin.heard()) == 1, "told in the conversation, not twice"
    _is_answered(ticket.id)
    lin.work_goes_on(clock.now() + DAY)
    assert "/rate/" in lin.heard()[-1]
    assert "1 个工作日内" in lin.says("1")
    assert session_now().scalars(sa.select(Rating.score).where(Rating.ticket_id == ticket.id)).one() == 1


def _is_answered(ticket_id: int) -> None:
    """The units do their part."""
    with work() as session:
        row = session.get(Ticket, ticket_id, with_for_update=True)
        at = row.received_at
        dispatch.dispatch(session, row, "water", factories.person(session, "dispatcher1", at), at)
        handling.sign(session, row, factories.person(session, "water.liaison", at), at)
        handling.contact(session, row, "phone", "reached", factories.person(session, "water.handler", at), at)
        handling.reply(session, row, factories.person(session, "water.head", at), at, **factories.a_reply())
        answering.review(session, row, True, factories.person(session, "auditor1", at), at)
