"""A citizen texts by hand and hears back, through the counterpart: real Twilio library, real HTTP, signed webhooks, receipts that settle."""

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from app import clock
from app.counterpart.twilio_messages import Messages
from app.texting import pictures
from app.texting.models import TextPicture
from app.work import session_now, work
from notifiers import outbox
from notifiers.message import SMS, Message
from notifiers.models import OutboxMessage
from tests.app.with_counterpart import QUICK, app, clean, everything_runs, played, stage  # noqa: F401 -- fixtures
from tickets.models import Attachment, Ticket

WANG = iter(f"139111122{n:02d}" for n in range(100))


@pytest.fixture
def number():
    return next(WANG)


@pytest.fixture
def phone(stage, number):  # noqa: F811
    """What this telephone shows, and its owner's thumbs."""
    messages = Messages(stage)

    class Phone:
        def text(self, words, files=()):
            return messages.brings(number, words, list(files))

        def reads(self):
            return [row["words"] for row in stage.shown(number, "sms") if row["side"] == "in"]

        def states(self):
            return [row["state"] for row in stage.shown(number, "sms") if row["side"] == "in"]

    return Phone()


def ticket_of(phone_words: str) -> Ticket:
    session_now().rollback()
    return session_now().scalar(sa.select(Ticket).order_by(Ticket.id.desc()).limit(1))


def test_a_matter_is_answered_with_number_and_code_and_then_with_its_progress(app, stage, phone):  # noqa: F811
    phone.text("东门街路灯不亮三天了")
    everything_runs(app, stage)
    ticket = ticket_of("路灯")
    [accepted] = phone.reads()
    assert f"尾号 {ticket.number[-6:]}，查询码 {ticket.query_code}" in accepted
    phone.text(f"进度{ticket.query_code}")
    everything_runs(app, stage)
    assert "已受理" in phone.reads()[-1]
    assert phone.states() == ["delivered", "delivered"]
    session_now().rollback()
    assert set(session_now().scalars(sa.select(OutboxMessage.status).where(OutboxMessage.channel == "sms"))) == {"delivered"}


def test_the_same_message_brought_three_times_is_one(app, stage, phone, number):  # noqa: F811
    same = "SM" + "9" * 32
    for _again in range(3):
        phone.text("东门街路灯不亮三天了")
    for _again in range(3):
        stage.courier.form(
            "/hooks/twilio/sms",
            {"MessageSid": same, "AccountSid": stage.settings.twilio_account_sid, "From": f"+86{number}", "Body": "帮助", "NumMedia": "0"},
            "again",
        )
    everything_runs(app, stage)
    assert sum("急事请打 12345" in words for words in phone.reads()) == 1


def test_receipts_in_any_order_twice_and_late_settle_once(app, stage, phone):  # noqa: F811
    stage.die.set(QUICK | {"doubled": 1.0, "shuffled": 1.0, "late": 0.3})
    phone.text("帮助")
    everything_runs(app, stage)
    stage.die.set(QUICK)
    session_now().rollback()
    assert session_now().scalars(sa.select(OutboxMessage.status)).all() == ["delivered"]


def test_who_left_is_still_answered_but_told_of_nothing_else(app, stage, phone, number):  # noqa: F811
    phone.text("东门街路灯不亮三天了")
    phone.text("退订")
    everything_runs(app, stage)
    with work() as session:
        values = {"city": "临海市", "tail": "000001", "unit": "水务集团", "link": "-"}
        outbox.put(session, [Message("news", SMS, "progress", values, address=f"+86{number}", shown_to="139****")], clock.now())
    phone.text("帮助")
    everything_runs(app, stage)
    assert sorted(words.partition("】")[2][:4] for words in phone.reads()) == sorted(("您反映的", "退订好了", "直接写事"))


def test_a_photo_is_fetched_with_our_credentials_and_written_anew(app, stage, phone):  # noqa: F811
    out = io.BytesIO()
    where = Image.Exif()
    where[271] = "A telephone at 29.1, 121.5"
    Image.new("RGB", (64, 48), "#3a5").save(out, "JPEG", exif=where)
    phone.text("东门街路灯不亮三天了", [("image/jpeg", out.getvalue()), ("image/jpeg", b"no picture at all")])
    everything_runs(app, stage)
    ticket = ticket_of("路灯")
    later = ticket.received_at + timedelta(days=1)
    with app.app_context():
        assert pictures.fetch_waiting(app.config["SETTINGS"], later) == 1
    session_now().rollback()
    [photo] = session_now().scalars(sa.select(Attachment).where(Attachment.ticket_id == ticket.id))
    assert (photo.kind, photo.purpose, photo.mime) == ("photo", "citizen", "image/jpeg")
    assert b"A telephone" not in (app.config["SETTINGS"].uploads / photo.sha256[:2] / photo.sha256).read_bytes()
    assert session_now().execute(sa.select(TextPicture.state, TextPicture.reason).order_by(TextPicture.place)).all() == [
        ("kept", ""),
        ("lost", "invalid"),
    ]
    everything_runs(app, stage, later)
    assert sum("有照片没有收到" in words for words in phone.reads()) == 1, "who sent it is told"


def test_what_texts_of_a_sealed_report_say(app, stage, phone, number):  # noqa: F811
    """Nothing that left carries a name, a number or a word of it."""
    phone.text("举报东门街二楼孙大海的黑作坊，联系我 13700001111")
    everything_runs(app, stage)
    ticket = ticket_of("举报")
    assert ticket.sealed
    for words in ("进度", "催办", "帮助", f"进度 {ticket.query_code}"):
        phone.text(words)
    everything_runs(app, stage)
    said = "".join(row["body"] for row in stage.book.rows("accepted", lambda row: row["to"].endswith(number)))
    assert said
    assert not [piece for piece in ("孙", "作坊", "举报", "二楼", "东门", "13700001111", number) if piece in said]


def test_the_sign_in_page_of_a_demonstration_leads_to_the_phones(app, played):  # noqa: F811
    assert f'href="{played[2]}/"' in app.test_client().get("/sign-in").get_data(as_text=True)
