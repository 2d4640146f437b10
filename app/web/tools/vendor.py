"""The sha256 of every vendored file. `python -m app.web.tools.vendor` writes manifest.json after files were exchanged on purpose."""

import hashlib
import json

from app.web.assets import STATIC

VENDOR = STATIC / "vendor"
MANIFEST = VENDOR / "manifest.json"


def sums() -> dict[str, str]:
    """Path below vendor/ → sha256."""
    files = (path for path in sorted(VENDOR.rglob("*")) if path.is_file() and path != MANIFEST)
    return {path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    MANIFEST.write_text(json.dumps(sums(), indent=1) + "\n", encoding="utf-8")
