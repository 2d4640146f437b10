"""One message's turn: what it means, what is done for it, what is answered. Everything in the caller's transaction; nothing is sent here."""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy.orm import Session

from app import citizen_words, telling, wiring
from app.citizen_words import Answer, Asker
from app.errors import Refused
from app.texting import inbox, meaning
from app.texting.meaning import ADD, CODE, FREE, HELP, IN, NEW, NOTHING, OUT, PROGRESS, RATE, THANKS, URGE, Meaning
from app.texting.models import ANSWERED, ASKED, SILENT, TextMessage
from notifiers import outbox, preferences
from notifiers.message import NOW, SMS, Message
from tickets import intake, risk
from tickets.actors import CITIZEN_ACTOR
from tickets.codes import OPEN
from tickets.identity import Appellant, clean_phone
from tickets.intake import Matter
from tickets.models import Ticket
from tickets.reference import reference
from tickets.text import mask_phone

MOST_AN_HOUR = 20
LONGEST_REASON = 900  # letters, as on the page
UNRATED = ("said-rate-none", "said-rated-already")
HOUR = timedelta(hours=1)
NO_CHANNEL = "no-channel"


class Turn:
    """The person, what they wrote, and what an earlier question of ours still holds."""

    def __init__(self, session: Session, message: TextMessage, now: datetime):
        self.session, self.message, self.now = session, message, now
        self.sender = session.info["vault"].open(message.number)
        self.text = inbox.words_of(session, message)
        self.asker = Asker(message.trace, channel="sms")
        self.asked = inbox.question(session, message, now)
        self.held = inbox.words_of(session, self.asked) if self.asked is not None else ""
        self.pictures = inbox.pictures_of(session, [one.id for one in (self.asked, message) if one is not None])
        self.outcome = ANSWERED
        self.ticket_id: int | None = None
        self.more: Answer | None = None

    def take(self) -> None:
        """Do what is meant and put the answer in the outbox; a refusal is an answer too. Who writes too much is not answered any more, but
        nothing of it is lost (domain §8: no black hole)."""
        meant, count = meaning.read(self.text), inbox.written(self.session, self.message, self.now - HOUR)
        answer = self._act(meant)
        self._hang_pictures()
        if count > MOST_AN_HOUR:
            answer = Answer("said-too-many") if count == MOST_AN_HOUR + 1 else None
            self.outcome = SILENT if self.outcome == ANSWERED else self.outcome
        for turn, said in (("answer", answer), ("more", self.more)):
            if said is not None:
                self._say(said, turn)
        inbox.finish(self.message, meant.kind, self.outcome, self.now, self.ticket_id)

    def _act(self, meant: Meaning) -> Answer | None:
        """What the words ask for; what a verb refuses leaves nothing behind but its sentence."""
        happened = len(self.session.info["events"])
        try:
            with self.session.begin_nested():
                return ACTS[meant.kind](self, meant)
        except Refused as refused:
            del self.session.info["events"][happened:]
            self.outcome, self.ticket_id, self.more = ANSWERED, None, None
            return citizen_words.refusal(refused)

    def help(self, _meant: Meaning) -> Answer:
        return Answer("said-help")

    def progress(self, meant: Meaning) -> Answer:
        return citizen_words.progress(self.session, self.asker, self.now, meant.code)

    def urge(self, meant: Meaning) -> Answer | None:
        """The house itself tells of an urge that counted."""
        answer = citizen_words.urge(self.session, self.asker, self.now, meant.code)
        return None if answer.told and has_sms() else answer

    def rate(self, meant: Meaning) -> Answer | None:
        """A score, perhaps with its reason. Words for which nothing waits, too long for a reason, or that sound like danger are a matter's."""
        if self.pictures or len(meant.words) > LONGEST_REASON or risk.urgency_of(meant.words) == "critical":
            return self.free(meant)
        answer = citizen_words.rate(self.session, self.asker, meant.score, self.now, meant.code, meant.words)
        return self.free(meant) if answer.template in UNRATED and meaning.is_matter(meant.words) else answer

    def thanks(self, meant: Meaning) -> Answer | None:
        """Politeness wants no answer."""
        if self.pictures:
            return self.nothing(meant)
        self.outcome = SILENT
        return None

    def opt_out(self, _meant: Meaning) -> Answer:
        preferences.opt_out(self.session, SMS, self.sender, self.now)
        return Answer("said-out")

    def opt_in(self, _meant: Meaning) -> Answer:
        preferences.opt_in(self.session, SMS, self.sender, self.now)
        return Answer("said-in")

    def new(self, meant: Meaning) -> Answer | None:
        """A matter of its own: what follows the word, else what our question held."""
        words = "\n".join(part for part in (self.held, meant.words) if part)
        if not words:
            return Answer("said-help")
        self._register(words)
        return None

    def code(self, meant: Meaning) -> Answer | None:
        """A code alone answers our question; without one it asks how far the matter is."""
        return self._add(self.held, meant.code) if self.held else self.progress(meant)

    def add(self, meant: Meaning) -> Answer | None:
        words = "\n".join(part for part in (self.held, meant.words) if part)
        return self._add(words, meant.code) if words or self.pictures else Answer("said-help")

    def free(self, meant: Meaning) -> Answer | None:
        """Their own words: for the matter that is named or the only open one, a new one when there is none, a question when there are several.
        What sounds like danger never waits for a question."""
        if meant.code and citizen_words.knows(self.session, meant.code):
            return self._add("\n".join(part for part in (self.held, meant.words) if part), meant.code)
        words = "\n".join(part for part in (self.held, self.text.strip()) if part)
        going = citizen_words.open_matters(self.session, self.asker)
        if not going or risk.urgency_of(words) == "critical":
            self._register(words)
            return None
        if len(going) == 1:
            return self._add(words, going[0].query_code)
        return self._ask(words, citizen_words.which(self.session, going))

    def nothing(self, _meant: Meaning) -> Answer | None:
        """Pictures alone belong to the only open matter; else a line is needed. Signs alone say nothing."""
        if not self.pictures:
            return Answer("said-help")
        going = citizen_words.open_matters(self.session, self.asker)
        if len(going) == 1:
            return self._add("", going[0].query_code)
        return self._ask(self.held, citizen_words.which(self.session, going) if going and self.held else Answer("said-needs-words"))

    def _ask(self, words: str, answer: Answer) -> Answer:
        """Hold the words until they say which matter they meant."""
        self.message.body = self.session.info["vault"].seal(words)
        self.outcome = ASKED
        if self.asked is not None:
            for picture in self.pictures:
                picture.message_id = self.message.id
            inbox.finish(self.asked, self.asked.meaning, ANSWERED, self.now)
        return answer

    def _add(self, words: str, code: str) -> Answer:
        answer = citizen_words.supplement(self.session, self.asker, words or "补了照片", self.now, code)
        if answer.template == "said-supplemented":
            self._settled(answer.ticket_id)
        elif answer.template == "said-which":
            return self._ask(words, answer)
        return answer

    def _register(self, words: str) -> None:
        """One ticket; the house itself tells its number and code."""
        ticket = intake.register(
            self.session,
            Matter(
                channel="sms",
                appeal_type=meaning.appeal_type_of(words),
                content=words,
                region=self._region(words),
                appellant=Appellant(phone=clean_phone(self.sender)),
                external=("twilio-sms", self.message.sid),
                received_at=self.message.arrived_at,
            ),
            CITIZEN_ACTOR,
            self.now,
        )
        self.session.flush()
        self._settled(ticket.id)
        if ticket.urgency == "critical":
            self.more = Answer("said-danger", ticket_id=ticket.id)

    def _region(self, words: str) -> str:
        """The street whose name stands in the words, "" when none or several do."""
        named = [region.code for region in reference(self.session).regions.values() if region.parent_code and region.name in words]
        return named[0] if len(named) == 1 else ""

    def _settled(self, ticket_id: int | None) -> None:
        """The words have found their matter, and so has what our question held."""
        self.ticket_id = ticket_id
        if self.asked is not None:
            inbox.finish(self.asked, self.asked.meaning, ANSWERED, self.now, ticket_id)

    def _hang_pictures(self) -> None:
        """They are fetched once their matter is known, if it still takes files."""
        ticket = self.session.get(Ticket, self.ticket_id) if self.ticket_id else None
        if ticket is not None and ticket.status in OPEN | {"merged"}:
            for picture in self.pictures:
                picture.ticket_id, picture.next_try_at = ticket.id, self.now

    def _say(self, answer: Answer, turn: str) -> None:
        """Into the outbox, once per message of theirs."""
        say(self.session, f"text:{self.message.id}:{turn}", answer, self.sender, meaning.language_of(self.text), self.now)


ACTS: dict[str, Callable[[Turn, Meaning], Answer | None]] = {
    HELP: Turn.help,
    PROGRESS: Turn.progress,
    URGE: Turn.urge,
    RATE: Turn.rate,
    OUT: Turn.opt_out,
    IN: Turn.opt_in,
    NEW: Turn.new,
    ADD: Turn.add,
    CODE: Turn.code,
    FREE: Turn.free,
    THANKS: Turn.thanks,
    NOTHING: Turn.nothing,
}


def take(session: Session, message: TextMessage, now: datetime) -> None:
    """Let this message have its turn."""
    Turn(session, message, now).take()


def say(session: Session, key: str, answer: Answer, sender: str, language: str, now: datetime) -> None:
    """Put an answer to this number in the outbox, once per `key`."""
    subjects = (telling.subject_of(answer.ticket_id),) if answer.ticket_id else ()
    message = Message(
        key,
        SMS,
        answer.template,
        {"sign": citizen_words.sign()} | answer.values,
        NOW,
        address=sender,
        shown_to=mask_phone(clean_phone(sender)),
        language=language,
        subjects=subjects,
        suppressed="" if has_sms() else NO_CHANNEL,
    )
    outbox.put(session, [message], now)


def has_sms() -> bool:
    """Whether this house can send text messages."""
    return SMS in wiring.senders(current_app.config["SETTINGS"])
