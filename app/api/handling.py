"""POST /tickets/N/signings · /contacts · /notes: what the lead unit does first."""

from app.api.fields import Body, Code, Moment, Text, Whole
from app.api.nouns import Nouns, act
from tickets import codes, handling

nouns = Nouns("handling", "签收、联系、记录")


class SigningBody(Body):
    handler = Whole(load_default=None, allow_none=True, metadata={"description": "A 岗账号；不填用岗位上的人"})
    backup = Whole(load_default=None, allow_none=True, metadata={"description": "B 岗账号"})


class ContactBody(Body):
    method = Code(codes.CONTACT_METHODS, required=True)
    result = Code(codes.CONTACT_RESULTS, required=True)
    at = Moment(load_default=None, allow_none=True, metadata={"description": "什么时候联系的；不填是现在"})
    words = Text(2000, load_default="")


class NoteBody(Body):
    words = Text(2000, least=1, required=True)


@act(nouns, "/signings", SigningBody, "sign")
def sign_ticket(session, ticket, said, actor, now):
    """签收，定 A、B 岗"""
    handling.sign(session, ticket, actor, now, said["handler"], said["backup"])


@act(nouns, "/contacts", ContactBody, "contact", "contact-again")
def contact_appellant(session, ticket, said, actor, now):
    """联系市民：第一次联系即开始办理"""
    handling.contact(session, ticket, said["method"], said["result"], actor, now, said["at"], said["words"])


@act(nouns, "/notes", NoteBody, "note")
def note_work(session, ticket, said, actor, now):
    """补记在别处做了什么"""
    handling.note(session, ticket, said["words"], actor, now)
