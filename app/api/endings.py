"""POST /tickets/N/direct-answers · /refusals · /transfers · /terminations: the ways a ticket ends without a unit's reply."""

from app.api.fields import Body, Code, Text
from app.api.nouns import Nouns, act
from tickets import codes, handling, intake

nouns = Nouns("endings", "直办、不予受理、转专线、终止")


class DirectAnswerBody(Body):
    answer = Text(5000, least=1, required=True)
    article = Text(200, load_default="", metadata={"description": "依据的知识条目"})


class RefusalBody(Body):
    code = Code(codes.REFUSALS, required=True)
    route = Text(200, load_default="", metadata={"description": "合法途径；不填用这类的通常途径"})
    words = Text(1000, load_default="")


class TransferBody(Body):
    line = Code(codes.EMERGENCY_LINES, required=True)
    words = Text(1000, load_default="")


class TerminationBody(Body):
    ground = Code(codes.TERMINATION_GROUNDS, required=True)
    words = Text(1000, load_default="")


@act(nouns, "/direct-answers", DirectAnswerBody, "answer-directly")
def answer_ticket(session, ticket, said, actor, now):
    """当场答复，直接办结"""
    intake.answer_directly(session, ticket, said["answer"], actor, now, said["article"])


@act(nouns, "/refusals", RefusalBody, "refuse")
def refuse_ticket(session, ticket, said, actor, now):
    """不予受理，告知理由和途径"""
    intake.refuse(session, ticket, said["code"], actor, now, said["route"], said["words"])


@act(nouns, "/transfers", TransferBody, "transfer-emergency")
def transfer_ticket(session, ticket, said, actor, now):
    """紧急事项转 110、119、120、122，留影子工单"""
    intake.transfer_emergency(session, ticket, said["line"], actor, now, said["words"])


@act(nouns, "/terminations", TerminationBody, "terminate")
def terminate_ticket(session, ticket, said, actor, now):
    """依法终止办理"""
    handling.terminate(session, ticket, said["ground"], actor, now, said["words"])
