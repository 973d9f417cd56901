"""Runs migrations with the connection that the caller hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from pathway import audit, idempotency, runs
from pathway.assessments import models as assessments
from pathway.beds import models as beds
from pathway.db import Base, UtcDateTime
from pathway.duty import models as duty
from pathway.messages import models as messages
from pathway.outreach import models as outreach
from pathway.people import consent_models as consents
from pathway.people import models as people
from pathway.privacy import models as privacy
from pathway.sites import models as sites
from pathway.staff import models as staff

TABLES = (
    audit,
    idempotency,
    runs,
    assessments,
    beds,
    consents,
    duty,
    messages,
    outreach,
    people,
    privacy,
    sites,
    staff,
)
"""Imported so that every table is known to the metadata."""


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our UTC type as a plain one: migrations import nothing of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Run inside the transaction at hand."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
