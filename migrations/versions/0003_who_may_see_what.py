"""who may see what: hardened sign-in, restricted people, versions, merges."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Second factors, shared screens, counted tries, and whom a record is closed to."""
    op.create_index(
        "ix_audit_entry_denied",
        "audit_entry",
        ["at"],
        sqlite_where=sa.text("what = 'denied'"),
        postgresql_where=sa.text("what = 'denied'"),
    )
    op.create_table(
        "screen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_screen_secret_hash")),
    )
    op.create_table(
        "tries",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_tries")),
    )
    with op.batch_alter_table("tries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tries_since"), ["since"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_recovery_code_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "screen_staff",
        sa.Column("screen_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["screen_id"], ["screen.id"], name=op.f("fk_screen_staff_screen_id_screen")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_screen_staff_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("screen_id", "staff_id", name=op.f("pk_screen_staff")),
    )
    op.create_table(
        "staff_identity",
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_identity_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_staff_identity")),
    )
    with op.batch_alter_table("staff_identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_identity_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "person_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_person_merge_by_staff")),
        sa.ForeignKeyConstraint(
            ["into_id"], ["person.id"], name=op.f("fk_person_merge_into_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_merge_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_merge")),
    )
    with op.batch_alter_table("person_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_merge_into_id"), ["into_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_merge_person_id"), ["person_id"], unique=False)
    op.create_index(
        "uq_person_merge_standing",
        "person_merge",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )

    op.create_table(
        "person_opening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_opening_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_person_opening_site_id_site")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_person_opening_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_opening")),
    )
    with op.batch_alter_table("person_opening", schema=None) as batch_op:
        batch_op.create_index("ix_person_opening_kind", ["kind", "at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_person_opening_person_id"), ["person_id"], unique=False
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("restricted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_person_merged_into_id"), ["merged_into_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_person_merged_into_id_person"), "person", ["merged_into_id"], ["id"]
        )

    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.add_column(sa.Column("waits_for", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("screen_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("device", sa.String(length=60), server_default="", nullable=False)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_sign_in_screen_id_screen"), "screen", ["screen_id"], ["id"]
        )

    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pin_hash", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("totp_secret", sa.String(length=200), nullable=True))
        batch_op.add_column(
            sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False)
        )


def downgrade() -> None:
    """Back to passwords alone; restrictions and merges are forgotten."""
    op.drop_index("ix_audit_entry_denied", "audit_entry")
    # A sign-in that waits for its code must not become one that needs none.
    op.execute("DELETE FROM sign_in WHERE waits_for IS NOT NULL")
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_column("totp_step")
        batch_op.drop_column("totp_secret")
        batch_op.drop_column("pin_hash")

    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_sign_in_screen_id_screen"), type_="foreignkey")
        batch_op.drop_column("device")
        batch_op.drop_column("screen_id")
        batch_op.drop_column("waits_for")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_person_merged_into_id_person"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_person_merged_into_id"))
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("restricted_at")
        batch_op.drop_column("version")

    with op.batch_alter_table("person_opening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_opening_person_id"))
        batch_op.drop_index("ix_person_opening_kind")

    op.drop_table("person_opening")
    with op.batch_alter_table("person_merge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_merge_person_id"))
        batch_op.drop_index(batch_op.f("ix_person_merge_into_id"))

    op.drop_table("person_merge")
    with op.batch_alter_table("staff_identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_identity_staff_id"))

    op.drop_table("staff_identity")
    op.drop_table("screen_staff")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_code_staff_id"))

    op.drop_table("recovery_code")
    with op.batch_alter_table("tries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tries_since"))

    op.drop_table("tries")
    op.drop_table("screen")
