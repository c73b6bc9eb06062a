"""The guards of append-only tables, for migrations: triggers that refuse what would change or remove a row.

In: the name of a table and an action, inside a migration. Out: a trigger of the database at hand. On Postgres the
triggers call refuse_change(), which migration 0001 makes. Released migrations rest on it: it must never change.
"""

from __future__ import annotations

from alembic import op


def guard(table: str, action: str) -> None:
    """Forbid an action (UPDATE or DELETE) on all rows of a table."""
    name = f"{table}_no_{action.lower()}"
    if op.get_bind().dialect.name == "postgresql":
        # DELETE comes with TRUNCATE, which knows statements only.
        actions = "DELETE OR TRUNCATE" if action == "DELETE" else action
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {actions} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {action} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
