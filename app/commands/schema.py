"""Which schema version the code wants and which the database has. Reads both without loading the application; changes nothing."""

import re
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
REVISION = re.compile(r"^(down_revision|revision)\b[^=]*=\s*(.+?)\s*$", re.MULTILINE)


def head(versions: Path = ROOT / "migrations" / "versions") -> str:
    """The revision no other builds upon; "" when there is none. Raises ValueError when there are several."""
    known = revisions(versions)
    heads = sorted(set(known) - {earlier for upon in known.values() for earlier in upon})
    if len(heads) > 1:
        raise ValueError(f"several migration heads: {', '.join(heads)}")
    return heads[0] if heads else ""


def revisions(versions: Path = ROOT / "migrations" / "versions") -> dict[str, list[str]]:
    """Every revision the code knows, with those it builds upon."""
    found = (dict(REVISION.findall(file.read_text(encoding="utf-8"))) for file in versions.glob("*.py"))
    return {name: _names(each.get("down_revision", "")) for each in found for name in _names(each.get("revision", ""))}


def current(connection: psycopg.Connection) -> str:
    """The revision the database is at; "" when nothing was ever migrated."""
    if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
        return ""
    row = connection.execute("SELECT string_agg(version_num, ',') FROM alembic_version").fetchone()
    return (row and row[0]) or ""


def libpq(url: str) -> str:
    """A SQLAlchemy address as psycopg and the client programs read it."""
    return re.sub(r"^postgres(?:ql)?(?:\+psycopg)?://", "postgresql://", url)


def _names(literal: str) -> list[str]:
    return re.findall(r"""["']([^"']+)["']""", literal)
