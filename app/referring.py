"""What goes to discipline or leaves the house as a file becomes a row of the audit log, in the same transaction as the act itself."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy.orm import Session

from app.auth.audit import audit
from app.reports.document import Document
from app.reports.dossiers import dossier_document
from app.reports.referrals import referral_document
from app.reports.upright import as_pdf
from escalation import referrals
from escalation.blinding import blinder_of
from escalation.dossier_models import Referral
from escalation.dossier_queries import Raised, Referred, story_of
from tickets.actors import Actor
from tickets.attachments import path_of
from tickets.models import Ticket
from tickets.reference import reference

PDF, ZIP = "application/pdf", "application/zip"


def refer(
    session: Session,
    ticket: Ticket,
    misconduct: str,
    words: str,
    actor: Actor,
    now: datetime,
    person: str = "",
    evidence: Sequence[int] = (),
) -> Referral:
    """escalation.referrals.refer, with its row in the audit log."""
    row = referrals.refer(session, ticket, misconduct, words, actor, now, person, evidence)
    audit(session, actor.account_id, actor.name, "refer", row.number, now, ticket=ticket.number, misconduct=misconduct, seal=row.seal)
    return row


def conclude(session: Session, row: Referral, conclusion: str, words: str, actor: Actor, now: datetime) -> None:
    """escalation.referrals.conclude, with its row in the audit log."""
    referrals.conclude(session, row, conclusion, words, actor, now)
    audit(session, actor.account_id, actor.name, "conclude-referral", row.number, now, conclusion=conclusion)


def dossier_paper(session: Session, raised: Raised, actor: Actor, now: datetime) -> Document:
    """The dossier as it stands now."""
    return dossier_document(story_of(session, raised, now), reference(session), blinder_of(session, raised.ticket), actor.name, now)


def referral_paper(session: Session, one: Referred, actor: Actor, now: datetime) -> Document:
    """The sealed package as a document."""
    return referral_document(one.referral, reference(session), referrals.seal_holds(one.referral), actor.name, now)


def export_dossier(session: Session, raised: Raised, actor: Actor, now: datetime) -> bytes:
    """The dossier as a PDF; the audit log says who took it and which bytes."""
    data = as_pdf(dossier_paper(session, raised, actor, now))
    exported(session, raised.dossier.number, PDF, data, raised.ticket, actor, now)
    return data


def export_referral(session: Session, one: Referred, folder: Path, actor: Actor, now: datetime) -> bytes:
    """The sealed set as one ZIP: manifest, document and the evidence itself; logged likewise. A file that is gone is named in the manifest."""
    row, out, missing = one.referral, io.BytesIO(), []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as whole:
        for file in row.package["evidence"]:
            path = path_of(folder, file["sha256"])
            if path.is_file():
                whole.writestr(f"evidence/{file['id']}-{file['name']}", path.read_bytes())
            else:
                missing.append(file["id"])
        manifest = {"number": row.number, "seal": row.seal, "holds": referrals.seal_holds(row), "missing": missing, "package": row.package}
        whole.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        whole.writestr(f"{row.number}.pdf", as_pdf(referral_paper(session, one, actor, now)))
    data = out.getvalue()
    exported(session, row.number, ZIP, data, one.ticket, actor, now)
    return data


def exported(session: Session, number: str, form: str, data: bytes, ticket: Ticket, actor: Actor, now: datetime) -> None:
    """One row: who took which paper, and the digest by which it is known again."""
    audit(
        session,
        actor.account_id,
        actor.name,
        "export",
        number,
        now,
        form=form,
        ticket=ticket.number,
        version=ticket.version,
        sha256=hashlib.sha256(data).hexdigest(),
    )
