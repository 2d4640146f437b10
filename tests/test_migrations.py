"""Migrations: numbered without gaps, one head, equal to the models, and undone again as far as they go."""

import re
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade

from app import create_app
from app.commands import schema
from app.db import db

VERSIONS = Path(__file__).resolve().parent.parent / "migrations" / "versions"


def test_they_are_numbered_and_have_one_head():
    names = sorted(path.name for path in VERSIONS.glob("*.py"))
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z_]+\.py", name) for name in names)
    assert schema.head() == names[-1][:4]


def test_the_schema_equals_the_models(app):
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_the_rooms_above_the_floor_are_undone_and_made_again(settings, city, new_database):
    """A city that goes back a version and forward again has the same schema, and its limits."""
    app = create_app(replace(settings, database_url=new_database(like=city)))
    with app.app_context():
        before = set(sa.inspect(db.engine).get_table_names())
        downgrade(revision="0009")
        assert not {"supervisions", "whistles", "outbox"} & set(sa.inspect(db.engine).get_table_names())
        upgrade()
        assert set(sa.inspect(db.engine).get_table_names()) == before
        with db.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), db.metadata) == []
            assert connection.scalar(sa.text("SELECT count(*) FROM limits WHERE code = 'supervision'")) == 1
        db.engine.dispose()


def test_every_foreign_key_of_a_ticket_row_has_an_index(app):
    """A missing index on ticket_id made a peer's ticket page slow at a million rows (peers.md, DIG)."""
    with app.app_context():
        inspector = sa.inspect(db.engine)
        bare = []
        for table in inspector.get_table_names():
            columns = [index["column_names"][0] for index in inspector.get_indexes(table) if index["column_names"]]
            columns += [each["column_names"][0] for each in inspector.get_unique_constraints(table)]
            columns += inspector.get_pk_constraint(table)["constrained_columns"][:1]
            bare += [
                f"{table}.{key['constrained_columns'][0]}"
                for key in inspector.get_foreign_keys(table)
                if key["referred_table"] == "tickets"
                and table not in ("tickets", "catalogue_entries")
                and key["constrained_columns"][0] not in columns
            ]
        assert bare == []
