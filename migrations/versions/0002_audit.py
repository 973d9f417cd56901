"""the audit trail: whom a line is about, seals, and nothing is ever changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("audit_entry", "audit_mention", "audit_seal")


def upgrade() -> None:
    """Say whom each line is about, add seals, and let the database refuse changes."""
    op.add_column("audit_entry", sa.Column("person", sa.String(length=40), nullable=True))
    op.create_table(
        "audit_mention",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "ref", name=op.f("pk_audit_mention")),
    )
    op.create_table(
        "audit_seal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
    )
    for statement in _FILL[_engine()]:
        op.execute(statement)
    op.create_index("ix_audit_entry_person", "audit_entry", ["person", "id"])
    op.create_index("ix_audit_entry_staff_id", "audit_entry", ["staff_id", "id"])
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_mention_ref", "audit_mention", ["ref", "entry_id"])
    op.create_index("uq_audit_seal_first_id", "audit_seal", ["first_id"], unique=True)
    for statement in _guards():
        op.execute(statement)


def downgrade() -> None:
    """Take the guards and the seals away; whom a line is about goes into its detail."""
    for statement in _no_guards():
        op.execute(statement)
    op.execute(_EMPTY[_engine()])
    for name in ("person", "staff_id", "at"):
        op.drop_index(f"ix_audit_entry_{name}", "audit_entry")
    op.drop_table("audit_seal")
    op.drop_table("audit_mention")
    op.drop_column("audit_entry", "person")


def _engine() -> str:
    """Return the name of the engine at hand."""
    return op.get_bind().dialect.name


def _guards() -> list[str]:
    """Return what makes the database itself refuse to change or delete a line."""
    if _engine() == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            for table in TABLES
            for verb in ("update", "delete")
        ]
    return [
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
            for table in TABLES
        ),
    ]


def _no_guards() -> list[str]:
    """Return what takes the guards away again."""
    if _engine() == "sqlite":
        return [f"DROP TRIGGER {table}_no_{verb}" for table in TABLES for verb in ("update", "delete")]
    return [
        *(f"DROP TRIGGER {table}_append_only ON {table}" for table in TABLES),
        "DROP FUNCTION audit_is_append_only()",
    ]


_FROM_SUBJECT = """
    UPDATE audit_entry SET person = substr(subject, 8)
    WHERE subject LIKE 'person:_%' AND length(subject) <= 47
"""

_FILL = {
    "sqlite": (
        _FROM_SUBJECT,
        """
        UPDATE audit_entry SET person = json_extract(detail, '$.person')
        WHERE person IS NULL AND json_type(detail, '$.person') = 'text'
        """,
        """
        INSERT OR IGNORE INTO audit_mention (entry_id, ref)
        SELECT audit_entry.id, shown.value
        FROM audit_entry, json_each(audit_entry.detail, '$.refs') AS shown
        """,
    ),
    "postgresql": (
        _FROM_SUBJECT,
        """
        UPDATE audit_entry SET person = detail ->> 'person'
        WHERE person IS NULL AND json_typeof(detail -> 'person') = 'string'
        """,
        """
        INSERT INTO audit_mention (entry_id, ref)
        SELECT DISTINCT audit_entry.id, shown.ref
        FROM audit_entry CROSS JOIN LATERAL json_array_elements_text(
            CASE WHEN json_typeof(detail -> 'refs') = 'array' THEN detail -> 'refs' END
        ) AS shown (ref)
        """,
    ),
}
"""Whom the lines so far are about, as they say in their subject or their detail."""

_EMPTY = {
    "sqlite": """
        UPDATE audit_entry SET detail = json_set(coalesce(detail, '{}'), '$.person', person)
        WHERE person IS NOT NULL AND subject NOT LIKE 'person:%'
    """,
    "postgresql": """
        UPDATE audit_entry SET detail = CAST(
            coalesce(CAST(detail AS jsonb), '{}') || jsonb_build_object('person', person) AS json
        ) WHERE person IS NOT NULL AND subject NOT LIKE 'person:%'
    """,
}
