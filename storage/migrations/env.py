"""Alembic's environment for writing migrations by hand: `alembic -x url=… revision --autogenerate`."""

from alembic import context

from storage import tables_alerts  # noqa: F401 (its tables are part of the schema)
from storage.engine import open_store
from storage.tables import Table

url = context.get_x_argument(as_dictionary=True).get("url")
if context.is_offline_mode() or not url:
    raise SystemExit("name a database: alembic -x url=sqlite:///draft.db …")

store = open_store(url)
with store.write() as tx:
    context.configure(
        connection=tx.connection(),
        target_metadata=Table.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    context.run_migrations()
store.close()
