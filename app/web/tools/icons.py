"""Take icons out of an unpacked `@tabler/icons` package: `python -m app.web.tools.icons PACKAGE NAME…` adds them to our set."""

import json
import sys
from pathlib import Path

from app.web.icons import SET, drawings


def main(package: str, names: list[str]) -> int:
    """Exit code 1 and a word for every name the package does not have."""
    nodes = json.loads((Path(package) / "tabler-nodes-outline.json").read_text(encoding="utf-8"))
    unknown = [name for name in names if name not in nodes]
    if unknown:
        sys.stderr.write(f"not in {package}: {', '.join(unknown)}\n")
        return 1
    wanted = {**drawings(), **{name: "".join(_tag(*node) for node in nodes[name]) for name in names}}
    SET.write_text(json.dumps(dict(sorted(wanted.items())), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def _tag(name: str, attributes: dict[str, str]) -> str:
    return "<" + name + "".join(f' {key}="{value}"' for key, value in attributes.items()) + "/>"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
