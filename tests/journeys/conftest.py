"""The stage of a journey: the demo city's people and duties without its tickets, on a database of its own, answered by a real server."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app import clock, create_app
from app.auth.passwords import hash_password
from app.commands.data import lay_time
from app.config import Settings
from app.db import db
from app.demo import city
from app.work import work
from tests.app.web.seats import cookie_of
from tests.journeys.people import PASSWORD, Person


@pytest.fixture(scope="module")
def linhai(settings: Settings, new_database, tmp_path_factory) -> Iterator[Flask]:
    """The application of a city that opens today."""
    app = create_app(replace(settings, database_url=new_database(), home=tmp_path_factory.mktemp("linhai"), demo_password=PASSWORD))
    with app.app_context(), work() as session:
        lay_time(session)
        city.load_organisation(session, clock.now(), hash_password(PASSWORD))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def person(linhai: Flask, serve, open_page) -> Callable[..., Person]:
    """person("dispatcher1") → that account at a desk of 1280 px, signed in; person() → a citizen; `width=390`: on a phone; `at`: where it is (lng, lat).

    `by_form`: signs in as everybody does; else has done so before, and stands before no page yet.
    """
    address = serve(linhai)

    def one(username: str = "", width: int = 1280, at: tuple[float, float] | None = None, by_form: bool = False) -> Person:
        phone = {"has_touch": True, "is_mobile": True} if width < 600 else {}
        where = {"geolocation": {"longitude": at[0], "latitude": at[1]}, "permissions": ["geolocation"]} if at else {}
        before = username and not by_form
        kept = {"storage_state": {"cookies": [cookie_of(linhai, username)], "origins": []}} if before else {}
        someone = Person(
            open_page("about:blank" if before else address + ("/sign-in" if username else "/"), width=width, **phone, **where, **kept),
            address,
            username,
        )
        if by_form:
            someone.signs_in()
        return someone

    return one
