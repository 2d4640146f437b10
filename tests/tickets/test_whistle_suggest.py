"""Whom a whistle should call: the catalogue, the boundary list, the words, the street's past; each with its reason."""

from tests import factories
from tests.tickets import whistle_drive as drive
from tickets.reference import reference
from tickets.whistle_suggest import DUTY, PAST, advise


def test_the_catalogue_for_the_linked_matter_comes_first(session, now):
    ticket = factories.a_ticket(session, now)
    street = reference(session).unit_codes["dongmen"]
    first = advise(session, street, "地下室返水", [ticket], now)[0]
    assert DUTY in {how for how, _words in first.why}
    assert first.unit.kind != "street"


def test_past_whistles_of_the_street_speak_too_and_only_of_the_street(session, now):
    drive.sounded(session, now)
    names = reference(session)
    here = {one.unit.code: one for one in advise(session, names.unit_codes["dongmen"], "……", [], now)}
    assert {"urban", "power"} <= set(here)
    assert (PAST, "1") in here["power"].why
    assert advise(session, names.unit_codes["nanhu"], "……", [], now) == []
