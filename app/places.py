"""What may stand in the holes of an address, for pages and REST alike: numbers of tickets, query codes, links, ids of rows."""

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter

LARGEST_ID = 2**31 - 1


class Number(BaseConverter):
    """A ticket number in a path; anything else is no address at all."""

    regex = "[0-9A-Za-z-]{1,40}"


class Digits(Number):
    """A query code in a path."""

    regex = "[0-9]{1,20}"


class Token(Number):
    """A one-time link's secret part."""

    regex = "[0-9A-Za-z._-]{1,100}"


class RowId(IntegerConverter):
    """The id of a row in a path: what no id can be is no address. A table of billions says its own `max`."""

    def __init__(self, url_map, *args, **options):
        super().__init__(url_map, *args, **{"max": LARGEST_ID} | options)


WORDS = {"number": Number, "digits": Digits, "token": Token}


def init_app(app: Flask) -> None:
    """Make them known. Must come before any address is registered."""
    app.url_map.converters |= WORDS | {"int": RowId}
