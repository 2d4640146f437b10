"""The database floor: one declarative base with named constraints, aware-UTC instants, one SQLAlchemy extension. No model lives here."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Session, registry

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(sa.types.TypeDecorator):
    """An instant. Takes aware datetimes only and always gives UTC back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime refused: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value, dialect):
        return None if value is None else value.astimezone(UTC)


class Lexemes(sa.types.TypeDecorator):
    """A tsvector, written as the list of its lexemes; read by nobody."""

    impl = TSVECTOR
    cache_ok = True

    def bind_expression(self, bindvalue):
        return sa.func.array_to_tsvector(sa.cast(bindvalue, ARRAY(sa.Text)))


class Base(DeclarativeBase):
    registry = registry(metadata=sa.MetaData(naming_convention=NAMING), type_annotation_map={datetime: UTCDateTime, str: sa.Text})


db = SQLAlchemy(model_class=Base)
NAMING_ONLY = ("23", "42P01", "42703")  # what these quote are names of constraints, tables and columns; others quote what somebody typed


def without_values(context: sa.engine.ExceptionContext) -> None:
    """An engine's "handle_error": an error tells which rule was broken, never by whose row. DETAIL ("Failing row contains …") and quoted input
    stay out of tracebacks, and so of logs and of what RQ keeps of a failed job; `diag` has them still.
    """
    error, wrapped = context.original_exception, context.sqlalchemy_exception
    if not isinstance(error, psycopg.Error) or not error.diag.message_primary:
        return
    whole, said = str(error), error.diag.message_primary
    if not (error.sqlstate or "").startswith(NAMING_ONLY):
        said = re.sub(r'".*"', '"…"', said, flags=re.DOTALL)
    error.args = (said,)
    if wrapped is not None:
        wrapped.args = (str(wrapped.args[0]).replace(whole, said),)


@contextmanager
def unflushed(session: Session, model: type[Base]) -> Iterator[None]:
    """Statements about rows of `model` alone: what else waits to be written waits on, so that a row changed twice in a transaction is
    written once. Rows of `model` that wait are written first.
    """
    if any(isinstance(row, model) for row in (*session.new, *session.dirty)):
        session.flush()
    with session.no_autoflush:
        yield


def one_of(column: str, values) -> str:
    """The text of a CHECK constraint that holds `column` to a closed set of stored codes."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"
