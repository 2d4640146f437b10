"""The portal opened inside WeChat: who is there is asked of the platform (snsapi_base: no name, no picture), then one's own matters and binding a mobile number."""

import hmac
import logging
import secrets

from flask import Blueprint, current_app, g, jsonify, redirect, render_template, request
from flask import session as browser
from sqlalchemy.orm import Session

from app import clock
from app.auth.principal import open_to_all
from app.errors import Invalid, Refused, TooMany, WrongState
from app.web import forms, headers, kit, knocks, naming
from app.web.i18n import gettext as _
from app.wechat import binding, people, sending, sharing
from app.wechat.models import WechatPerson
from app.work import session_now, work
from notifiers.channels.wechat_client import UNHEARD, SignIn
from tickets import public as reading
from tickets import words
from tickets.models import Ticket
from tickets.reference import reference
from tickets.text import mask_phone

pages = Blueprint("wechat", __name__)
MOST = 50
STATE, WHO = "wechat_state", "wechat"
LONGEST = 200
OWN = ("/t/", "/rate/", "/wechat/", "/file", "/track", "/find-code")


@pages.app_context_processor
def in_wechat() -> dict:
    """For the bones of the citizen's pages: the platform's script, and the address to be shared, the portal's for a page of one's own."""
    return {"wechat_script": _script, "shared_address": lambda: "/" if request.path.startswith(OWN) else request.path}


@pages.get("/wechat/signature")
@open_to_all
@knocks.glance
def signature():
    """What the platform's script wants for a page of ours. Raises Invalid, WrongState without an account, Refused when the platform does not answer."""
    path = request.args.get("path", "")
    if not path.startswith("/") or path.startswith("//") or len(path) > LONGEST:
        raise Invalid(path="要是本站的地址，以 / 开头")
    try:
        answer = jsonify(sharing.signature(_settings(), path, clock.now()))
    except UNHEARD as unheard:
        logging.getLogger(__name__).warning("WeChat signature: %s", type(unheard).__name__)
        raise Refused("微信没有回答，请过一会儿再试") from unheard
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _script() -> str:
    """The platform's script, with the policy that lets this page load it."""
    source = sharing.script(current_app.config["SETTINGS"])
    if source:
        g.policy = sharing.policy(headers.POLICY, source)
    return source


@pages.get("/wechat/enter")
@open_to_all
def enter():
    """On to one's own matters, by way of the platform when we do not know yet who is there. Raises WrongState without an official account."""
    settings = _settings()
    if browser.get(WHO) is not None:
        return redirect("/wechat/mine")
    browser[STATE] = secrets.token_urlsafe(16)
    back = settings.public_url.rstrip("/") + "/wechat/back"
    return redirect(SignIn(settings.wechat_appid, settings.wechat_secret, back, browser[STATE], settings.wechat_api_url).authorize_url)


@pages.get("/wechat/back")
@open_to_all
@knocks.miss
def back():
    """The platform sends them back with a one-time code. Raises Refused for one that is none, or not of this visit."""
    settings, code, state = _settings(), request.args.get("code", "")[:LONGEST], request.args.get("state", "")
    if not code or not hmac.compare_digest(state.encode(), browser.pop(STATE, "").encode()) or not state:
        raise Refused("从微信进来的链接过期了，请从公众号菜单再点一次")
    try:
        openid = SignIn(settings.wechat_appid, settings.wechat_secret, "", "", settings.wechat_api_url).openid_of(code)
    except UNHEARD as unheard:
        logging.getLogger(__name__).warning("WeChat sign-in: %s", type(unheard).__name__)
        raise Refused("微信没有认出您，请从公众号菜单再点一次") from unheard
    with work() as session:
        browser[WHO] = people.person_id_of(session, openid, clock.now())
    return redirect("/wechat/mine")


@pages.get("/wechat/mine")
@open_to_all
def mine():
    """One's own matters, told here or with the number one has proven."""
    person = _person()
    return _page(session_now(), person) if person else redirect("/wechat/enter")


@pages.post("/wechat/phone")
@open_to_all
@knocks.write
def ask_code():
    """Text a code to the number. Raises Unauthenticated's page when we do not know who is there."""
    return _bound(lambda session, person: binding.send_code(session, person, forms.text("phone"), clock.now()), "phone")


@pages.post("/wechat/phone/code")
@open_to_all
@knocks.write
def give_code():
    """The code proves the number."""

    def check(session: Session, person: WechatPerson) -> None:
        binding.check_code(session, person, forms.text("code"), clock.now())
        kit.toast(_("绑好了。用这个号码说过的事也在这里。"))

    return _bound(check, "code")


@pages.post("/wechat/phone/drop")
@open_to_all
@knocks.write
def drop():
    """The number is bound no more."""

    def unbind(session: Session, person: WechatPerson) -> None:
        people.unbind(session, person)
        kit.toast(_("解除绑定了。"))

    return _bound(unbind, "")


def _bound(act, field: str):
    """Do it to the person who is there; what is wrong comes back with the form. Even a wrong code is a try that counts."""
    person, wrong = _person(), ""
    if person is None:
        return redirect("/wechat/enter")
    with work() as session:
        try:
            act(session, people.locked(session, person.id))
        except (Invalid, TooMany, WrongState) as refused:
            wrong = _sentence(refused)
    if wrong:
        return _page(session_now(), _person(), {field: [wrong]}, forms.text("phone"), asking_code=field == "code"), 422
    return redirect("/wechat/mine?code=1" if field == "phone" else "/wechat/mine")


def _page(session: Session, person: WechatPerson, errors: dict | None = None, typed: str = "", asking_code: bool = False) -> str:
    names = reference(session)
    rows = [_row(session, names, ticket) for ticket in session.scalars(people.matters_of(person).limit(MOST))]
    phone = people.phone_of(session, person)
    return render_template(
        "portal/wechat.html",
        rows=rows,
        phone=mask_phone(phone) if phone else "",
        has_text=_settings().has_text,
        errors=errors or {},
        typed=typed,
        notice=_settings().wechat_subscribe_id if _script() else "",
        asking_code=asking_code or request.args.get("code") == "1",
    )


def _row(session: Session, names, ticket: Ticket) -> dict:
    whole = reading.master_of(session, ticket) or ticket
    kind = names.categories.get(ticket.category_id)
    return {
        "code": ticket.query_code,
        "tail": ticket.number[-6:],
        "title": _("举报（内容已封存）") if ticket.sealed else ticket.title,
        "at": ticket.received_at,
        "kind": "" if ticket.sealed or kind is None else naming.name_of(kind),
        "label": _(words.PUBLIC[whole.status][0]),
        "due": whole.due_at if whole.replied_at is None else None,
    }


def _person() -> WechatPerson | None:
    """Who is there, as this browser's session says."""
    person = session_now().get(WechatPerson, browser[WHO]) if browser.get(WHO) is not None else None
    if person is None:
        browser.pop(WHO, None)
    return person


def _settings():
    settings = current_app.config["SETTINGS"]
    if not sending.is_set_up(settings):
        raise WrongState("这座城市还没有开通微信公众号")
    return settings


def _sentence(refused: Refused) -> str:
    said = [one for sentences in getattr(refused, "fields", {}).values() for one in sentences] or [refused.text]
    return " ".join(_(one) for one in said)
