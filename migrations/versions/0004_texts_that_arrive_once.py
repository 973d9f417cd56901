"""texts that arrive once: outbox, notices, duty rota, and who runs the jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Texts as rows that outlive a crash, what staff are told, and the lease of the jobs."""
    op.create_table(
        "job_lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_job_lease_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_lease")),
        sa.UniqueConstraint("fence", name=op.f("uq_job_lease_fence")),
    )
    op.execute(sa.text("INSERT INTO job_lease (id, fence, beat) VALUES (1, 0, 0)"))
    op.create_table(
        "job_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("job", "slot", name=op.f("uq_job_run_job_slot")),
    )
    op.create_table(
        "stopped_number",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_stopped_number")),
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=200), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("raised_by", sa.Integer(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["staff.id"], name=op.f("fk_alarm_acknowledged_by_staff")
        ),
        sa.ForeignKeyConstraint(["raised_by"], ["staff.id"], name=op.f("fk_alarm_raised_by_staff")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_alarm_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("key", name=op.f("uq_alarm_key")),
    )
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alarm_open",
            ["at"],
            unique=False,
            sqlite_where=sa.text("acknowledged_at IS NULL"),
            postgresql_where=sa.text("acknowledged_at IS NULL"),
        )

    op.create_table(
        "duty_turn",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_duty_turn_span")),
        sa.CheckConstraint("step BETWEEN 1 AND 3", name=op.f("ck_duty_turn_step")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_duty_turn_made_by_staff")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_duty_turn_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_turn")),
    )
    with op.batch_alter_table("duty_turn", schema=None) as batch_op:
        batch_op.create_index("ix_duty_turn_ends", ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_duty_turn_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=200), nullable=True),
        sa.Column("useful_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "audience IN ('staff', 'site', 'watch')", name=op.f("ck_notice_audience")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_notice_made_by_staff")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_notice_site_id_site")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_notice_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_at"), ["at"], unique=False)
        batch_op.create_index("ix_notice_site", ["site_id", "at"], unique=False)
        batch_op.create_index("ix_notice_staff", ["staff_id", "at"], unique=False)

    op.create_table(
        "phone_claim",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_phone_claim_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_phone_claim")),
    )
    op.create_table(
        "quiet_hours",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_quiet_hours_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_quiet_hours")),
    )
    op.create_table(
        "text_choice",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_text_choice_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("staff_id", "kind", name=op.f("pk_text_choice")),
    )
    op.create_table(
        "text_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sid", sa.String(length=34), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_text_in_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_in")),
        sa.UniqueConstraint("sid", name=op.f("uq_text_in_sid")),
    )
    with op.batch_alter_table("text_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_text_in_at"), ["at"], unique=False)

    op.create_table(
        "text_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("to_number", sa.String(length=20), nullable=False),
        sa.Column("body", sa.String(length=480), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.Column("sid", sa.String(length=34), nullable=True),
        sa.Column("error", sa.Integer(), nullable=True),
        sa.Column("again_of", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'calling', 'unknown', 'on_screen', 'queued', 'sending', 'sent', 'failed', 'delivered', 'undelivered', 'receiving', 'received', 'accepted', 'scheduled', 'read', 'partially_delivered', 'canceled')",
            name=op.f("ck_text_message_state"),
        ),
        sa.ForeignKeyConstraint(
            ["again_of"], ["text_message.id"], name=op.f("fk_text_message_again_of_text_message")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_text_message_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_message")),
        sa.UniqueConstraint("key", name=op.f("uq_text_message_key")),
        sa.UniqueConstraint("sid", name=op.f("uq_text_message_sid")),
    )
    with op.batch_alter_table("text_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_text_message_again_of"), ["again_of"], unique=False)
        batch_op.create_index(batch_op.f("ix_text_message_at"), ["at"], unique=False)
        batch_op.create_index("ix_text_message_changed", ["state", "changed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_text_message_staff_id"), ["staff_id"], unique=False)
        batch_op.create_index("ix_text_message_to", ["to_number", "id"], unique=False)
        batch_op.create_index(
            "ix_text_message_unsettled",
            ["state", "due_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('waiting', 'calling', 'unknown')"),
            postgresql_where=sa.text("state IN ('waiting', 'calling', 'unknown')"),
        )

    op.create_table(
        "alarm_told",
        sa.Column("alarm_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["alarm_id"], ["alarm.id"], name=op.f("fk_alarm_told_alarm_id_alarm")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_alarm_told_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("alarm_id", "staff_id", "step", name=op.f("pk_alarm_told")),
    )
    op.create_table(
        "notice_mark",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("texted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_mark_notice_id_notice")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_notice_mark_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("notice_id", "staff_id", name=op.f("pk_notice_mark")),
    )
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String(length=20), nullable=True))
        batch_op.create_index(
            "uq_staff_phone_in_use",
            ["phone"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )


def downgrade() -> None:
    """Forget texts, notices, duty turns, alarms and runs."""
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_staff_phone_in_use",
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )
        batch_op.drop_column("phone")

    op.drop_table("notice_mark")
    op.drop_table("alarm_told")
    with op.batch_alter_table("text_message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_text_message_unsettled",
            sqlite_where=sa.text("state IN ('waiting', 'calling', 'unknown')"),
            postgresql_where=sa.text("state IN ('waiting', 'calling', 'unknown')"),
        )
        batch_op.drop_index("ix_text_message_to")
        batch_op.drop_index(batch_op.f("ix_text_message_staff_id"))
        batch_op.drop_index("ix_text_message_changed")
        batch_op.drop_index(batch_op.f("ix_text_message_at"))
        batch_op.drop_index(batch_op.f("ix_text_message_again_of"))

    op.drop_table("text_message")
    with op.batch_alter_table("text_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_text_in_at"))

    op.drop_table("text_in")
    op.drop_table("text_choice")
    op.drop_table("quiet_hours")
    op.drop_table("phone_claim")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index("ix_notice_staff")
        batch_op.drop_index("ix_notice_site")
        batch_op.drop_index(batch_op.f("ix_notice_at"))

    op.drop_table("notice")
    with op.batch_alter_table("duty_turn", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_turn_staff_id"))
        batch_op.drop_index("ix_duty_turn_ends")

    op.drop_table("duty_turn")
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_alarm_open",
            sqlite_where=sa.text("acknowledged_at IS NULL"),
            postgresql_where=sa.text("acknowledged_at IS NULL"),
        )

    op.drop_table("alarm")
    op.drop_table("stopped_number")
    op.drop_table("job_run")
    op.drop_table("job_lease")
