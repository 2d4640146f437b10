"""The city's map for browsers: `/map.json`, open to all, and where pages find it (`city_map()` in templates). What is drawn: tickets/city_map.py."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import orjson
from flask import Blueprint, abort, current_app, g, url_for
from werkzeug.wrappers import Response

from app import clock
from app.auth.principal import open_to_all
from app.web import assets
from app.work import session_now
from tickets import city_map

FRESH = 10.0  # seconds a process may not know of another's import
pages = Blueprint("city_map", __name__)


@dataclass(frozen=True)
class Map:
    """What a page needs: the address of the drawing; of tiles under it the template and whom to thank, "" without."""

    url: str
    tiles: str = ""
    credit: str = ""


@dataclass
class _Held:
    looked: float
    version: tuple
    drawing: tuple[bytes, bytes | None, str] | None


_held: WeakKeyDictionary = WeakKeyDictionary()


@pages.get("/map.json")
@open_to_all
def show() -> Response:
    """The map as GeoJSON; 404 where none was laid."""
    drawing = _drawing()
    if drawing is None:
        abort(404)
    return assets.marked(*drawing, "application/geo+json")


def here() -> Map | None:
    """The map this page is to draw, None in a city that laid none. The page may then load its tiles, too (headers.py)."""
    drawing = _drawing()
    if drawing is None:
        return None
    settings = current_app.config["SETTINGS"]
    g.images_from = settings.tile_origin
    return Map(url_for("city_map.show", v=drawing[2]), settings.map_tiles, settings.map_attribution)


def _drawing() -> tuple[bytes, bytes | None, str] | None:
    """Bytes, gzip and hash, kept per database; looked at again every FRESH seconds, made again only when something differs."""
    session = session_now()
    engine = session.get_bind().engine
    held = _held.get(engine)
    if held is None or clock.ticks() - held.looked > FRESH:
        version = city_map.version(session)
        if held is None or held.version != version:
            drawn = city_map.drawn(session)
            held = _held[engine] = _Held(0, version, assets.pressed(orjson.dumps(drawn), True) if drawn else None)
        held.looked = clock.ticks()
    return held.drawing
