"""one person: likeness, consent, apart and together, waiting, turned away, privacy."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who may be who, what they agreed to, whom to keep apart, who waits, what goes when."""
    op.create_table(
        "consent_wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_consent_wording_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_wording")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_consent_wording_kind_version")),
    )
    op.create_table(
        "erased",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_erased_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erased")),
        sa.UniqueConstraint("ref", name=op.f("uq_erased_ref")),
    )
    op.create_table(
        "retention",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_retention_by_staff")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retention")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_legal_hold_by_staff")),
        sa.ForeignKeyConstraint(
            ["lifted_by"], ["staff.id"], name=op.f("fk_legal_hold_lifted_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_legal_hold_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_hold_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_apart",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("readers", sa.String(length=100), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_person_apart_by_staff")),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["staff.id"], name=op.f("fk_person_apart_ended_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["person.id"], name=op.f("fk_person_apart_other_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_apart_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_apart")),
    )
    with op.batch_alter_table("person_apart", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_apart_other_id"), ["other_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_apart_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("wording_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_person_consent_by_staff")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_consent_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["staff.id"], name=op.f("fk_person_consent_withdrawn_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["wording_id"],
            ["consent_wording.id"],
            name=op.f("fk_person_consent_wording_id_consent_wording"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_consent")),
    )
    with op.batch_alter_table("person_consent", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_consent_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "person_exclusion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_person_exclusion_by_staff")),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["staff.id"], name=op.f("fk_person_exclusion_ended_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_exclusion_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_person_exclusion_site_id_site")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_exclusion")),
    )
    with op.batch_alter_table("person_exclusion", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_exclusion_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_person_exclusion_site_id"), ["site_id"], unique=False)

    op.create_table(
        "person_same",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_person_same_by_staff")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["person.id"], name=op.f("fk_person_same_other_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_same_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_same")),
    )
    with op.batch_alter_table("person_same", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_same_other_id"), ["other_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_same_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_sound",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sound", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_sound_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", "sound", name=op.f("pk_person_sound")),
    )
    with op.batch_alter_table("person_sound", schema=None) as batch_op:
        batch_op.create_index("ix_person_sound_sound", ["sound", "person_id"], unique=False)

    op.create_table(
        "person_together",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_person_together_by_staff")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["person.id"], name=op.f("fk_person_together_other_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_together_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["staff.id"], name=op.f("fk_person_together_withdrawn_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_together")),
    )
    with op.batch_alter_table("person_together", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_together_other_id"), ["other_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_person_together_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "privacy_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.String(length=500), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_privacy_request_by_staff")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff.id"], name=op.f("fk_privacy_request_decided_by_staff")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_privacy_request_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_request")),
    )
    with op.batch_alter_table("privacy_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_privacy_request_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "turn_away",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needed", sa.JSON(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_turn_away_by_staff")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_turn_away_person_id_person")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_turn_away_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turn_away")),
    )
    with op.batch_alter_table("turn_away", schema=None) as batch_op:
        batch_op.create_index("ix_turn_away_night", ["night"], unique=False)
        batch_op.create_index(batch_op.f("ix_turn_away_person_id"), ["person_id"], unique=False)

    op.create_table(
        "waiting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("placement_id", sa.Integer(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=20), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_waiting_by_staff")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_waiting_ended_by_staff")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_waiting_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placement.id"], name=op.f("fk_waiting_placement_id_placement")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_waiting_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
    )
    with op.batch_alter_table("waiting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiting_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_waiting_site",
            ["site_id", "priority", "since"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("birth_year", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("birth_month", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("birth_guessed", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("dog_name", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Take all of that away."""
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("dog_name")
        batch_op.drop_column("birth_guessed")
        batch_op.drop_column("birth_month")
        batch_op.drop_column("birth_year")

    with op.batch_alter_table("waiting", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_waiting_site",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_waiting_person_id"))

    op.drop_table("waiting")
    with op.batch_alter_table("turn_away", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_turn_away_person_id"))
        batch_op.drop_index("ix_turn_away_night")

    op.drop_table("turn_away")
    with op.batch_alter_table("privacy_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_privacy_request_person_id"))

    op.drop_table("privacy_request")
    with op.batch_alter_table("person_together", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_together_person_id"))
        batch_op.drop_index(batch_op.f("ix_person_together_other_id"))

    op.drop_table("person_together")
    with op.batch_alter_table("person_sound", schema=None) as batch_op:
        batch_op.drop_index("ix_person_sound_sound")

    op.drop_table("person_sound")
    with op.batch_alter_table("person_same", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_same_person_id"))
        batch_op.drop_index(batch_op.f("ix_person_same_other_id"))

    op.drop_table("person_same")
    with op.batch_alter_table("person_exclusion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_exclusion_site_id"))
        batch_op.drop_index(batch_op.f("ix_person_exclusion_person_id"))

    op.drop_table("person_exclusion")
    with op.batch_alter_table("person_consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_consent_person_id"))

    op.drop_table("person_consent")
    with op.batch_alter_table("person_apart", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_apart_person_id"))
        batch_op.drop_index(batch_op.f("ix_person_apart_other_id"))

    op.drop_table("person_apart")
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_legal_hold_person_id"))

    op.drop_table("legal_hold")
    op.drop_table("retention")
    op.drop_table("erased")
    op.drop_table("consent_wording")
