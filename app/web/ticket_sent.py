"""An act of the ticket page about to be done: the locked ticket, who sent it and when, and what of its form every family of acts reads alike."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState
from app.web import forms
from tickets import attachments
from tickets import tasks as joint
from tickets.actors import Actor
from tickets.attachments import Checked
from tickets.dispatch_models import Request, Task
from tickets.models import Ticket
from tickets.requests import waiting


@dataclass(frozen=True)
class Sent:
    """One act about to be done: the locked ticket, who, when, the files that came along and where files are kept."""

    session: Session
    ticket: Ticket
    actor: Actor
    now: datetime
    files: list[tuple[str, Checked]]
    folder: Path

    @property
    def who(self) -> tuple[Session, Ticket]:
        return self.session, self.ticket

    def task(self) -> Task:
        """The sub-task the form names. Raises NotFound."""
        number = forms.whole("task")
        if number is None:
            raise NotFound("没有这项协办")
        return joint.task_of(self.session, self.ticket, number)

    def waiting(self, kind: str) -> Request:
        """The request the form decides. Raises WrongState when it has been decided."""
        request = waiting(self.session, self.ticket, kind)
        if request is None:
            raise WrongState("这条申请已经有决定了")
        return request

    def attach(self, purpose: str) -> int:
        """Keep the files; how many there were."""
        for name, checked in self.files:
            attachments.attach(self.session, self.ticket, name, checked, self.folder.resolve(), purpose, self.actor, self.now)
        return len(self.files)

    def granted(self) -> bool:
        """What was decided on the request: accepted or denied. Raises Invalid when neither was chosen."""
        chosen = forms.text("decision")
        if chosen not in ("accept", "deny"):
            raise Invalid(decision="请选同意或不同意")
        return chosen == "accept"
