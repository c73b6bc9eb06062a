"""${message}.

Number ${up_revision}, after ${down_revision | comma,n}. A table that batch mode rebuilds loses its triggers:
create them again for those in storage.tables.APPEND_ONLY.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Bring the schema to this revision."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Refuse: nothing that was remembered is thrown away; restore a backup instead."""
    raise NotImplementedError("restore a backup")
