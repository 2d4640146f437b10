"""One answer in the two notations of the standard: JSON by the Spark convention, and schemaless XML. What is said is decided elsewhere."""

import re
from xml.etree import ElementTree as ET

import orjson
from flask import Response

TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
# a list's element → its items' element
ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what no XML 1.0 document may hold


def written(form: str, root: str, said: dict | list) -> str:
    """The answer as text. `root` names the outermost XML element; JSON has none."""
    if form == "json":
        return orjson.dumps(said).decode()
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(_element(root, said), encoding="unicode", short_empty_elements=True)


def answer(form: str, root: str, said: dict | list, status: int = 200) -> Response:
    """An answer to a read; nobody between keeps it, for what is told depends on who asks."""
    made = Response(written(form, root, said), status=status, content_type=TYPES[form])
    made.headers["Cache-Control"] = "private, no-cache"
    made.vary.update(("Authorization", "Accept-Language"))
    return made


def _element(name: str, said) -> ET.Element:
    made = ET.Element(name)
    if isinstance(said, dict):
        made.extend(_element(key, value) for key, value in said.items())
    elif isinstance(said, list):
        made.extend(_element(ITEMS[name], value) for value in said)
    elif isinstance(said, bool):
        made.text = "true" if said else "false"
    elif said is not None:
        made.text = _UNFIT.sub("", str(said))
    return made
