"""Static files: our stylesheets and scripts joined into one each, content hashes in the address, gzip, cache headers.

Belongs here: what a browser loads. Not here: uploads (those are private and go through app/web/files).
"""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

STATIC = Path(__file__).resolve().parent.parent / "static"
BUNDLES = {"app.css": ("css", "*.css"), "app.js": ("js/parts", "*.js")}
SQUEEZED = {".css", ".js", ".json", ".svg"}
FOREVER = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    """Serve `/static/…` from here and give templates `asset(name)`."""
    app.view_functions["static"] = serve
    app.jinja_env.globals["asset"] = asset


def asset(name: str) -> str:
    """The address of a static file with the hash of its content: it may be cached for ever. Raises LookupError."""
    found = _stored(name)
    if found is None:
        raise LookupError(f"no static file {name!r}")
    return url_for("static", filename=name, v=found[2])


def serve(filename: str) -> BaseResponse:
    """GET /static/<name>: immutable when asked with the right `v`, else revalidated by ETag."""
    found = _stored(filename)
    if found is None:
        abort(404)
    return marked(*found, mimetypes.guess_type(filename)[0] or "application/octet-stream")


def marked(body: bytes, squeezed: bytes | None, mark: str, kind: str) -> BaseResponse:
    """The answer to a request for content with this hash: for ever when the address carries it as `v`, else revalidated by ETag."""
    answer = Response(body, mimetype=kind)
    if squeezed is not None:
        answer.vary.add("Accept-Encoding")
        if "gzip" in request.accept_encodings:
            answer.set_data(squeezed)
            answer.content_encoding = "gzip"
    answer.headers["Cache-Control"] = FOREVER if request.args.get("v") == mark else "no-cache"
    answer.set_etag(mark)
    return answer.make_conditional(request)


def _stored(name: str) -> tuple[bytes, bytes | None, str] | None:
    """(bytes, gzip or None, hash) of a static file or bundle; None when there is none. Read again only after a change."""
    parts = _parts(name)
    if not parts:
        return None
    return _read(tuple((str(path), path.stat().st_mtime_ns) for path in parts))


def _parts(name: str) -> list[Path]:
    if name in BUNDLES:
        folder, pattern = BUNDLES[name]
        return sorted((STATIC / folder).glob(pattern))
    path = (STATIC / name).resolve()
    return [path] if path.is_relative_to(STATIC) and path.is_file() else []


@lru_cache(maxsize=128)
def _read(stamped: tuple[tuple[str, int], ...]) -> tuple[bytes, bytes | None, str]:
    body = b"\n".join(Path(path).read_bytes() for path, _ in stamped)
    return pressed(body, Path(stamped[0][0]).suffix in SQUEEZED)


def pressed(body: bytes, squeeze: bool) -> tuple[bytes, bytes | None, str]:
    """What `marked` takes: the bytes, gzip of them where that is worth it, their hash."""
    return body, gzip.compress(body, 9, mtime=0) if squeeze else None, hashlib.sha256(body).hexdigest()[:12]
