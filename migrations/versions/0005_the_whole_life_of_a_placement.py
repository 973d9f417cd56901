"""the whole life of a placement: bookings, transfers, absences, undo, walks, what sites allow."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every end of a placement, what happened to beds, and the numbers of each site."""
    op.create_table(
        "walk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("due_at > started_at", name=op.f("ck_walk_due")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_walk_site_id_site")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_walk_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk")),
    )
    with op.batch_alter_table("walk", schema=None) as batch_op:
        batch_op.create_index(
            "uq_walk_under_way",
            ["staff_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "bed_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bed_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["bed_id"], ["bed.id"], name=op.f("fk_bed_event_bed_id_bed")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_bed_event_by_staff")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_bed_event_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bed_event")),
    )
    with op.batch_alter_table("bed_event", schema=None) as batch_op:
        batch_op.create_index("ix_bed_event_bed", ["bed_id", "at"], unique=False)
        batch_op.create_index("ix_bed_event_site", ["site_id", "recorded_at"], unique=False)

    op.create_table(
        "person_not_here",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_person_not_here_by_staff")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_not_here_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_person_not_here_site_id_site")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_not_here")),
    )
    with op.batch_alter_table("person_not_here", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_not_here_person_id"), ["person_id"], unique=False
        )

    with op.batch_alter_table("capacity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(length=200), nullable=True))
    op.create_table(
        "placement_import",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement_import")),
    )
    op.create_table(
        "placement_staged",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("departure_reason", sa.String(length=200), nullable=True),
        sa.Column("destination", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement_staged")),
    )

    with op.batch_alter_table("bed", schema=None) as batch_op:
        batch_op.add_column(sa.Column("step_free", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("womens", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("shared", sa.Boolean(), nullable=True))

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("needs_step_free", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("has_dog", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("with_partner", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("vulnerable", sa.Boolean(), nullable=True))
        batch_op.add_column(
            sa.Column("unnamed", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("description", sa.String(length=200), nullable=True))

    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("transfer_from", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("away_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("away_reason", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("away_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("stay_authorised", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("stay_reason", sa.String(length=200), nullable=True))
        batch_op.create_index(
            "ix_placement_transfer_from",
            ["transfer_from"],
            unique=False,
            sqlite_where=sa.text("transfer_from IS NOT NULL"),
            postgresql_where=sa.text("transfer_from IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_placement_transfer_from_placement"),
            "placement",
            ["transfer_from"],
            ["id"],
        )

    op.execute(
        sa.text(
            "UPDATE placement SET expected_at = coalesce(expires_at, made_at) WHERE status = 'booked'"
        )
    )
    op.execute(
        sa.text(
            "UPDATE placement SET ended_at = (SELECT max(at) FROM placement_event WHERE placement_id = placement.id)"
            " WHERE status IN ('released', 'expired')"
        )
    )
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.create_check_constraint(
            batch_op.f("ck_placement_booked_expected"),
            "status <> 'booked' OR expected_at IS NOT NULL",
        )
    op.execute(
        sa.text(
            "INSERT INTO bed_event (bed_id, site_id, what, at, recorded_at, until, reason)"
            " SELECT id, site_id, 'void', void_from, void_from, void_until, void_reason FROM bed WHERE void_from IS NOT NULL"
        )
    )
    op.execute(
        sa.text(
            "INSERT INTO bed_event (bed_id, site_id, what, at, recorded_at)"
            " SELECT id, site_id, 'turnaround', turnaround_since, turnaround_since FROM bed WHERE turnaround_since IS NOT NULL"
        )
    )

    with op.batch_alter_table("placement_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("before", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("undoes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("sheet", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("device_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_placement_event_sheet", ["site_id", "sheet"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_placement_event_undoes_placement_event"),
            "placement_event",
            ["undoes"],
            ["id"],
        )

    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.add_column(sa.Column("numbers", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("intake_from", sa.Time(), nullable=True))
        batch_op.add_column(sa.Column("intake_to", sa.Time(), nullable=True))
        batch_op.add_column(sa.Column("dogs", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("couples", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("nominations", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Back to holds, arrivals and departures alone."""
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.drop_column("nominations")
        batch_op.drop_column("couples")
        batch_op.drop_column("dogs")
        batch_op.drop_column("intake_to")
        batch_op.drop_column("intake_from")
        batch_op.drop_column("numbers")

    with op.batch_alter_table("placement_event", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_placement_event_undoes_placement_event"), type_="foreignkey"
        )
        batch_op.drop_index("ix_placement_event_sheet")
        batch_op.drop_column("device_at")
        batch_op.drop_column("sheet")
        batch_op.drop_column("undoes")
        batch_op.drop_column("before")

    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_placement_booked_expected"), type_="check")
        batch_op.drop_constraint(
            batch_op.f("fk_placement_transfer_from_placement"), type_="foreignkey"
        )
        batch_op.drop_index("ix_placement_transfer_from")
        batch_op.drop_column("stay_reason")
        batch_op.drop_column("stay_authorised")
        batch_op.drop_column("kept_at")
        batch_op.drop_column("away_until")
        batch_op.drop_column("away_reason")
        batch_op.drop_column("away_at")
        batch_op.drop_column("transfer_from")
        batch_op.drop_column("ended_at")
        batch_op.drop_column("expected_at")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("description")
        batch_op.drop_column("unnamed")
        batch_op.drop_column("vulnerable")
        batch_op.drop_column("with_partner")
        batch_op.drop_column("has_dog")
        batch_op.drop_column("needs_step_free")

    with op.batch_alter_table("capacity", schema=None) as batch_op:
        batch_op.drop_column("reason")

    with op.batch_alter_table("bed", schema=None) as batch_op:
        batch_op.drop_column("shared")
        batch_op.drop_column("womens")
        batch_op.drop_column("step_free")

    with op.batch_alter_table("person_not_here", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_not_here_person_id"))

    op.drop_table("person_not_here")
    op.drop_table("placement_staged")
    op.drop_table("placement_import")
    with op.batch_alter_table("bed_event", schema=None) as batch_op:
        batch_op.drop_index("ix_bed_event_site")
        batch_op.drop_index("ix_bed_event_bed")

    op.drop_table("bed_event")
    with op.batch_alter_table("walk", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_walk_under_way",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("walk")
