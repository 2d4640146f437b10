"""From the form of POST requests to a matter: what the standard's fields mean here, and what is wrong with them, field by field."""

import re
from typing import ClassVar

import marshmallow as ma
from flask import request
from werkzeug.datastructures import MultiDict

from app.api import words
from app.api.fields import Degrees, Text
from app.api.parse import flat
from app.errors import Invalid, Refused
from app.open311 import services
from app.web.i18n import gettext as _
from app.web.i18n import listed
from app.web.refusals import FORMS
from tickets.identity import Appellant
from tickets.intake import Matter
from tickets.reference import CategoryName, Reference

LONGEST = 4000  # characters of a description, the standard's own limit
_ATTRIBUTE = re.compile(r"attribute\[([^\]]*)\](\[\])?")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_LATIN = re.compile(r"[\x20-\u024f]*")


class RequestForm(ma.Schema):
    """The standard's arguments; what it does not know is let pass, as the standard's own extensions do."""

    error_messages: ClassVar = {"type": words.BAD_OBJECT}  # type: ignore[misc]

    class Meta:
        unknown = ma.EXCLUDE

    lat = Degrees(90, load_default=None)
    long = Degrees(180, load_default=None)
    address_string = Text(200, load_default="")
    address_id = Text(30, load_default="")
    description = Text(LONGEST, load_default="")
    media_url = Text(500, load_default="")
    email = Text(100, load_default="")
    phone = Text(30, load_default="")
    first_name = Text(50, load_default="")
    last_name = Text(50, load_default="")
    account_id = Text(100, load_default="")


FORM = RequestForm()


def given() -> MultiDict:
    """The arguments of this POST, an empty one as good as none. Raises Invalid when it is no form."""
    if request.mimetype not in FORMS:
        raise Invalid(**{"Content-Type": _("要用 application/x-www-form-urlencoded 提交")})
    return MultiDict((name, value) for name, value in request.form.items(multi=True) if value.strip())


def matter_of(form: MultiDict, names: Reference) -> tuple[Matter, CategoryName]:
    """The matter and its service. Raises Refused without a service, NotFound for an unknown one, Invalid naming every bad field."""
    if "service_code" not in form:
        raise Refused("service_code 没有给")
    service = services.service_of(names, form["service_code"])
    said, wrong = _loaded(form)
    answers = _attributes(form, names, wrong)
    if (said.get("lat") is None) != (said.get("long") is None):
        wrong["long" if said.get("long") is None else "lat"] = [words.REQUIRED]
    if not wrong and said["lat"] is None and not said["address_string"] and not said["address_id"]:
        wrong["address_string"] = [_("要有地点：lat 和 long 两个都给，或者 address_string，或者 address_id")]
    if not wrong and said["media_url"] and not _LINK.fullmatch(said["media_url"]):
        wrong["media_url"] = [words.BAD_SCHEME]
    if wrong:
        raise Invalid(**wrong)
    return Matter(
        channel="open311",
        appeal_type=answers.get("appeal_type", services.APPEAL_TYPES[0]),
        content=_content(said, service),
        category=service.code,
        region=answers.get("region") or _region_in(said["address_string"], names),
        address=said["address_string"],
        lng=said["long"],
        lat=said["lat"],
        grid_cell=said["address_id"],
        appellant=_appellant(said),
        confidential=answers.get("confidential") == services.YES,
    ), service


def _loaded(form: MultiDict) -> tuple[dict, dict[str, list[str]]]:
    try:
        return FORM.load(form.to_dict()), {}
    except ma.ValidationError as bad:
        return dict(bad.valid_data), flat(bad.messages)


def _attributes(form: MultiDict, names: Reference, wrong: dict[str, list[str]]) -> dict[str, str]:
    """attribute[code]=key → {code: key}; what is not in the service definition is written into `wrong`."""
    found, known = {}, {one.code for one in services.ATTRIBUTES}
    for name, value in form.items(multi=True):
        match = _ATTRIBUTE.fullmatch(name)
        if match is None:
            continue
        code = match[1]
        if code not in known:
            wrong[f"attribute[{code[:40]}]"] = [words.UNKNOWN]
        elif value not in services.values_of(names, code):
            wrong[f"attribute[{code}]"] = [_(words.ONE_OF, codes=listed(services.values_of(names, code)))]
        else:
            found[code] = value
    return found


def _content(said: dict, service: CategoryName) -> str:
    """The description (which the standard lets be empty) and where the pictures are: nothing is fetched from there."""
    told = said["description"].strip() or service.name
    return f"{told}\n图片或视频：{said['media_url']}" if said["media_url"] else told


def _region_in(address: str, names: Reference) -> str:
    """The street whose name stands in the address, "" when none or several do."""
    named = [region.code for region in names.regions.values() if region.parent_code and region.name in address]
    return named[0] if len(named) == 1 else ""


def _appellant(said: dict) -> Appellant:
    """Chinese names family first and in one; the e-mail address is the second contact."""
    parts = [part for part in (said["first_name"].strip(), said["last_name"].strip()) if part]
    name = " ".join(parts) if all(_LATIN.fullmatch(part) for part in parts) else "".join(reversed(parts))
    known = name or said["phone"] or said["email"]
    return Appellant(name=name[:50], phone=said["phone"], phone2=said["email"], kind="person" if known else "anonymous")
