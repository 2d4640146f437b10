"""A matter half told: what the person has said so far and which questions are behind them. Kept sealed on the person's row; what it becomes is filing.py's."""

from dataclasses import asdict, dataclass, field

import orjson
from sqlalchemy.orm import Session

from app.wechat.models import AUDIO, PHOTO, WechatPerson
from app.wechat.sayings import Both, joined, part
from tickets.text import mask_phone

MOST_MEDIA = 6


@dataclass
class Draft:
    """`flow` names the conversation (talk.py's table); `answered`: the questions behind them, in order; `media`: [kind, media id]; `options`: codes or
    ticket ids the numbers of the last list stand for; `ticket`: the one being added to, urged or rated."""

    flow: str
    answered: list[str] = field(default_factory=list)
    want: str = ""
    text: str = ""
    category: str = ""
    region: str = ""
    address: str = ""
    lng: float | None = None
    lat: float | None = None
    media: list[list[str]] = field(default_factory=list)
    phone: str = ""
    name: str = ""
    confidential: bool = False
    options: list = field(default_factory=list)
    ticket: int = 0

    def count(self, kind: str) -> int:
        """How many pictures or recordings there are."""
        return sum(one[0] == kind for one in self.media)


def read(session: Session, person: WechatPerson) -> Draft | None:
    """What this person has half told, None when nothing."""
    return Draft(**orjson.loads(session.info["vault"].open(person.draft))) if person.step else None


def write(session: Session, person: WechatPerson, draft: Draft | None) -> None:
    """Keep it, or nothing. The caller holds the person."""
    person.step = draft.flow if draft else ""
    person.draft = session.info["vault"].seal(orjson.dumps(asdict(draft)).decode()) if draft else None


def summary(draft: Draft, joint: tuple[str, str] = ("\n", "\n")) -> Both:
    """What was said, counted and masked, never repeated."""
    parts = []
    if draft.want == "report":
        parts.append(part("sealed"))
    if draft.text:
        parts.append(part("text", n=len(draft.text)))
    parts += [part(name, n=draft.count(kind)) for name, kind in (("photo", PHOTO), ("audio", AUDIO)) if draft.count(kind)]
    if draft.lng is not None:
        parts.append(part("pin"))
    elif draft.address:
        parts.append(part("address"))
    if draft.phone:
        parts.append(part("phone", phone=mask_phone(draft.phone)))
    elif "phone" in draft.answered:
        parts.append(part("anonymous"))
    if draft.name:
        parts.append(part("name"))
    if draft.confidential:
        parts.append(part("confidential"))
    return joined(parts or [part("nothing")], *joint)
