"""the street: contacts, shifts, counts, assessments, warnings, notes, concerns, drug alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is met and found out on the street, and what is warned of."""
    op.create_table(
        "contact_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_import")),
    )
    op.create_table(
        "contact_staged",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("staff_name", sa.String(length=200), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_staged")),
    )
    with op.batch_alter_table("contact_staged", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_staged_batch"), ["batch"], unique=False)

    op.create_table(
        "spot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("route", sa.String(length=60), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot")),
        sa.UniqueConstraint("name", name=op.f("uq_spot_name")),
    )
    op.create_table(
        "drug_alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_drug_alert_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drug_alert")),
    )
    with op.batch_alter_table("drug_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drug_alert_until_on"), ["until_on"], unique=False)

    op.create_table(
        "shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_by", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(
            ["handed_over_by"], ["staff.id"], name=op.f("fk_shift_handed_over_by_staff")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_shift_made_by_staff")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_shift_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index("ix_shift_night", ["night"], unique=False)

    op.create_table(
        "street_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Integer(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("signed_why", sa.String(length=200), nullable=True),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_by", sa.Integer(), nullable=True),
        sa.Column("reopened_why", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by"], ["staff.id"], name=op.f("fk_street_count_made_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["reopened_by"], ["staff.id"], name=op.f("fk_street_count_reopened_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["signed_by"], ["staff.id"], name=op.f("fk_street_count_signed_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street_count")),
    )
    with op.batch_alter_table("street_count", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_street_count_night"), ["night"], unique=False)

    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("alcohol", sa.String(length=10), nullable=False),
        sa.Column("drugs", sa.String(length=10), nullable=False),
        sa.Column("mental_health", sa.String(length=10), nullable=False),
        sa.Column("physical_health", sa.String(length=10), nullable=False),
        sa.Column("recourse", sa.String(length=10), nullable=False),
        sa.Column("local_connection", sa.String(length=60), nullable=True),
        sa.Column("gender", sa.String(length=10), nullable=False),
        sa.Column("support_level", sa.String(length=10), nullable=True),
        sa.Column("language", sa.String(length=60), nullable=True),
        sa.Column("interpreter", sa.Boolean(), nullable=True),
        sa.Column("at_risk", sa.Boolean(), nullable=True),
        sa.Column("vulnerable", sa.Boolean(), nullable=True),
        sa.Column("needs_step_free", sa.Boolean(), nullable=True),
        sa.Column("has_dog", sa.Boolean(), nullable=True),
        sa.Column("with_partner", sa.Boolean(), nullable=True),
        sa.Column("wants", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_assessment_by_staff")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_assessment_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.create_index("ix_assessment_person", ["person_id", "at"], unique=False)

    op.create_table(
        "concern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("step", sa.String(length=15), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_concern_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["raised_by"], ["staff.id"], name=op.f("fk_concern_raised_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
    )
    with op.batch_alter_table("concern", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_concern_person_id"), ["person_id"], unique=False)

    op.create_table(
        "count_area",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("count_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("team", sa.String(length=200), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["count_id"], ["street_count.id"], name=op.f("fk_count_area_count_id_street_count")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_area")),
    )
    with op.batch_alter_table("count_area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_count_area_count_id"), ["count_id"], unique=False)

    op.create_table(
        "count_apart",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("count_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_count_apart_by_staff")),
        sa.ForeignKeyConstraint(
            ["count_id"], ["street_count.id"], name=op.f("fk_count_apart_count_id_street_count")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["person.id"], name=op.f("fk_count_apart_other_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_count_apart_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_apart")),
    )
    with op.batch_alter_table("count_apart", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_count_apart_count_id"), ["count_id"], unique=False)

    op.create_table(
        "leaving",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("institution", sa.String(length=20), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_leaving_by_staff")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_leaving_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaving")),
    )
    with op.batch_alter_table("leaving", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leaving_person_id"), ["person_id"], unique=False)

    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("team_organisation_id", sa.Integer(), nullable=True),
        sa.Column("team_role", sa.String(length=20), nullable=True),
        sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_note_by_staff")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_note_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["team_organisation_id"],
            ["organisation.id"],
            name=op.f("fk_note_team_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_note_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_lookout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_lookout_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_person_lookout_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_lookout")),
        sa.UniqueConstraint("key", name=op.f("uq_person_lookout_key")),
    )
    with op.batch_alter_table("person_lookout", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_lookout_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "person_number",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_person_number_by_staff")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_number_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_number")),
        sa.UniqueConstraint("scheme", "number", name=op.f("uq_person_number_scheme_number")),
    )
    with op.batch_alter_table("person_number", schema=None) as batch_op:
        batch_op.create_index("ix_person_number_number", ["number"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_number_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_warning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("readers", sa.String(length=100), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_person_warning_by_staff")),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["staff.id"], name=op.f("fk_person_warning_ended_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_warning_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_warning")),
    )
    with op.batch_alter_table("person_warning", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_warning_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "shift_member",
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shift.id"], name=op.f("fk_shift_member_shift_id_shift")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_shift_member_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("shift_id", "staff_id", name=op.f("pk_shift_member")),
    )
    op.create_table(
        "shift_spot",
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("spot_id", sa.Integer(), nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shift.id"], name=op.f("fk_shift_spot_shift_id_shift")
        ),
        sa.ForeignKeyConstraint(["spot_id"], ["spot.id"], name=op.f("fk_shift_spot_spot_id_spot")),
        sa.PrimaryKeyConstraint("shift_id", "spot_id", name=op.f("pk_shift_spot")),
    )
    op.create_table(
        "concern_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("concern_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=15), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("detail", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_concern_event_by_staff")),
        sa.ForeignKeyConstraint(
            ["concern_id"], ["concern.id"], name=op.f("fk_concern_event_concern_id_concern")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern_event")),
    )
    with op.batch_alter_table("concern_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_concern_event_concern_id"), ["concern_id"], unique=False
        )

    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("staff_name", sa.String(length=200), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("shift_id", sa.Integer(), nullable=True),
        sa.Column("count_area_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("spot_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("present", sa.String(length=200), nullable=True),
        sa.Column("offered", sa.String(length=100), server_default="", nullable=False),
        sa.Column("naloxone", sa.String(length=10), nullable=True),
        sa.Column("overdose", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("moved_on", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("hidden", sa.String(length=10), nullable=True),
        sa.Column("notes", sa.String(length=2000), nullable=True),
        sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("struck_by", sa.Integer(), nullable=True),
        sa.Column("chained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chained_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["chained_by"], ["staff.id"], name=op.f("fk_contact_chained_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["count_area_id"], ["count_area.id"], name=op.f("fk_contact_count_area_id_count_area")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contact_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_contact_person_id_person")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_contact_shift_id_shift")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_contact_site_id_site")),
        sa.ForeignKeyConstraint(["spot_id"], ["spot.id"], name=op.f("fk_contact_spot_id_spot")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_contact_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["struck_by"], ["staff.id"], name=op.f("fk_contact_struck_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contact_bedded_down",
            ["person_id", "night"],
            unique=False,
            sqlite_where=sa.text("kind = 'bedded_down' AND struck_at IS NULL"),
            postgresql_where=sa.text("kind = 'bedded_down' AND struck_at IS NULL"),
        )
        batch_op.create_index("ix_contact_count_area", ["count_area_id"], unique=False)
        batch_op.create_index("ix_contact_night", ["night", "kind"], unique=False)
        batch_op.create_index("ix_contact_person", ["person_id", "at"], unique=False)
        batch_op.create_index("ix_contact_shift", ["shift_id"], unique=False)

    op.create_table(
        "person_warning_site",
        sa.Column("warning_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_person_warning_site_site_id_site")
        ),
        sa.ForeignKeyConstraint(
            ["warning_id"],
            ["person_warning.id"],
            name=op.f("fk_person_warning_site_warning_id_person_warning"),
        ),
        sa.PrimaryKeyConstraint("warning_id", "site_id", name=op.f("pk_person_warning_site")),
    )
    op.create_table(
        "promise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_promise_by_staff")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_promise_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_promise_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_promise_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["staff.id"], name=op.f("fk_promise_settled_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_promise_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("for_good", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("perhaps_child", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("at_risk", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("language", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("interpreter", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("died_on", sa.Date(), nullable=True))

    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("refuses", sa.String(length=100), server_default="", nullable=False)
        )

    # ### end Alembic commands ###


def downgrade() -> None:
    """Back to beds and placements alone; what was recorded of the street is lost."""
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.drop_column("refuses")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("died_on")
        batch_op.drop_column("interpreter")
        batch_op.drop_column("language")
        batch_op.drop_column("at_risk")
        batch_op.drop_column("perhaps_child")

    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.drop_column("for_good")

    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_promise_person_id"))

    op.drop_table("promise")
    op.drop_table("person_warning_site")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_shift")
        batch_op.drop_index("ix_contact_person")
        batch_op.drop_index("ix_contact_night")
        batch_op.drop_index("ix_contact_count_area")
        batch_op.drop_index(
            "ix_contact_bedded_down",
            sqlite_where=sa.text("kind = 'bedded_down' AND struck_at IS NULL"),
            postgresql_where=sa.text("kind = 'bedded_down' AND struck_at IS NULL"),
        )

    op.drop_table("contact")
    with op.batch_alter_table("concern_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_concern_event_concern_id"))

    op.drop_table("concern_event")
    op.drop_table("shift_spot")
    op.drop_table("shift_member")
    with op.batch_alter_table("person_warning", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_warning_person_id"))

    op.drop_table("person_warning")
    with op.batch_alter_table("person_number", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_number_person_id"))
        batch_op.drop_index("ix_person_number_number")

    op.drop_table("person_number")
    with op.batch_alter_table("person_lookout", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_lookout_person_id"))

    op.drop_table("person_lookout")
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_note_person_id"))

    op.drop_table("note")
    with op.batch_alter_table("leaving", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_leaving_person_id"))

    op.drop_table("leaving")
    with op.batch_alter_table("count_apart", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_count_apart_count_id"))

    op.drop_table("count_apart")
    with op.batch_alter_table("count_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_count_area_count_id"))

    op.drop_table("count_area")
    with op.batch_alter_table("concern", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_concern_person_id"))

    op.drop_table("concern")
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.drop_index("ix_assessment_person")

    op.drop_table("assessment")
    with op.batch_alter_table("street_count", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_street_count_night"))

    op.drop_table("street_count")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_index("ix_shift_night")

    op.drop_table("shift")
    with op.batch_alter_table("drug_alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drug_alert_until_on"))

    op.drop_table("drug_alert")
    op.drop_table("spot")
    with op.batch_alter_table("contact_staged", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_staged_batch"))

    op.drop_table("contact_staged")
    op.drop_table("contact_import")
