"""What brings a database of either kind to the tables of today; imported only when there is something to bring.

A step is a module in `versions`. The database says in `alembic_version` which step it has reached.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory

FIRST = "0001"


def migrate(connection: sa.Connection, reached: str = "") -> None:
    """Bring the database to the newest step inside the transaction that is open.

    `reached` is where one stands that does not say so itself. Raise `alembic.util.CommandError` for a step that is
    not known here.
    """
    steps = scripts()
    if reached:
        MigrationContext.configure(connection).stamp(steps, reached)

    def upward(revision: str, context: MigrationContext) -> list[RevisionStep]:
        return list(steps._upgrade_revs("head", revision))  # what alembic.command.upgrade does

    with EnvironmentContext(Config(), steps, fn=upward, destination_rev="head") as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def scripts() -> ScriptDirectory:
    """Return all steps."""
    return ScriptDirectory(str(Path(__file__).parent))
