"""Vacancies, applications and their moves; eligibility rules and ranking weights as dated data.

An open vacancy is public to officers and prints its centre's name and place on itself, so that no
officer needs to read a centre. What a vacancy offers is never given twice: the database counts.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
CENTRE = "centre_id = ANY ((SELECT app_scope_ids('centre'))::int[])"
OFFICER = "officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"
OFFICE = f"{ALL} OR {SUB_COUNTY}"
PERSON = f"{OFFICE} OR {OFFICER}"
PUBLIC = (
    f"{OFFICE} OR {CENTRE}"
    " OR (state = 'open' AND (SELECT current_setting('app.scope_kind', true)) = 'officer')"
    f" OR id IN (SELECT a.vacancy_id FROM application a WHERE a.{OFFICER})"
)
APPLICANTS = (
    "id IN (SELECT a.officer_id FROM application a WHERE a.state <> 'withdrawn'"
    f" AND a.{SUB_COUNTY})"
)
SCOPED = {
    "vacancy": (PUBLIC, OFFICE),
    "application": (PERSON, PERSON),
    "application_move": (PERSON, PERSON),
    "service_history": (PERSON, OFFICE),
}
"""Who reads and who writes the rows of each table."""

FUNCTIONS = """
CREATE FUNCTION vacancy_prints_its_centre() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.centre_id IS NULL THEN
    SELECT s.name, NULL, NULL INTO NEW.duty_station, NEW.duty_code, NEW.school_id
      FROM sub_county s WHERE s.id = NEW.sub_county_id;
    SELECT avg(c.lon), avg(c.lat) INTO NEW.lon, NEW.lat
      FROM centre c WHERE c.series_id = NEW.series_id AND c.sub_county_id = NEW.sub_county_id;
    IF NEW.lon IS NULL OR NEW.lat IS NULL THEN
      SELECT avg(s.lon), avg(s.lat) INTO NEW.lon, NEW.lat
        FROM school s WHERE s.sub_county_id = NEW.sub_county_id;
    END IF;
  ELSE
    SELECT c.name, c.code, c.school_id, coalesce(c.lon, s.lon), coalesce(c.lat, s.lat)
      INTO NEW.duty_station, NEW.duty_code, NEW.school_id, NEW.lon, NEW.lat
      FROM centre c LEFT JOIN school s ON s.id = c.school_id WHERE c.id = NEW.centre_id;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION centre_reprints_vacancies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE vacancy SET centre_id = centre_id WHERE centre_id = NEW.id;
  RETURN NULL;
END $$;

CREATE FUNCTION vacancy_keeps_its_offers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.posts < (SELECT count(*) FROM application a WHERE a.vacancy_id = NEW.id
                  AND a.state IN ('selected', 'accepted')) THEN
    RAISE EXCEPTION 'fewer posts than offers'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_vacancy_keeps_its_offers';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION application_within_posts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE offered int; given int;
BEGIN
  IF coalesce(current_setting('app.scope_kind', true), '') = 'officer' AND (
       NEW.state IN ('shortlisted', 'selected', 'not_selected')
       OR (NEW.state IN ('accepted', 'declined') AND (TG_OP = 'INSERT' OR OLD.state <> 'selected')))
  THEN
    RAISE EXCEPTION 'only the office chooses'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_application_office_chooses';
  END IF;
  IF NEW.state IN ('selected', 'accepted')
     AND (TG_OP = 'INSERT' OR OLD.state NOT IN ('selected', 'accepted')) THEN
    SELECT posts INTO offered FROM vacancy WHERE id = NEW.vacancy_id FOR UPDATE;
    SELECT count(*) INTO given FROM application a
      WHERE a.vacancy_id = NEW.vacancy_id AND a.id <> NEW.id
        AND a.state IN ('selected', 'accepted');
    IF given >= coalesce(offered, 0) THEN
      RAISE EXCEPTION 'every post is offered already'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_application_within_posts';
    END IF;
  END IF;
  RETURN NEW;
END $$;
"""

TRIGGERS = (
    (
        "vacancy",
        "vacancy_prints_its_centre",
        "BEFORE INSERT OR UPDATE OF centre_id, sub_county_id, series_id",
    ),
    ("vacancy", "vacancy_keeps_its_offers", "BEFORE UPDATE OF posts"),
    ("centre", "centre_reprints_vacancies", "AFTER UPDATE OF name, code, school_id, lon, lat"),
    ("application", "application_within_posts", "BEFORE INSERT OR UPDATE OF state"),
)
USED_RULE = (
    "CREATE TRIGGER eligibility_rule_used_rule_stays BEFORE DELETE ON eligibility_rule"
    " FOR EACH ROW EXECUTE FUNCTION used_rule_stays()"
)

REVOKE = """
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = 'application_move'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON application_move FROM %I', grantee);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    op.add_column(
        "centre", sa.Column("blind_candidates", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_centre_blind_candidates_not_negative"), "centre", "blind_candidates >= 0"
    )
    _rules()
    _vacancy()
    _application()
    _service_history()
    op.execute(FUNCTIONS)
    for table, function, when in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {table}_{function} {when} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
    op.execute(USED_RULE)
    op.execute(
        "CREATE TRIGGER application_move_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON application_move FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(REVOKE)
    for table, (reads, writes) in SCOPED.items():
        _policies(table, reads=reads, writes=writes)
    op.execute(f"CREATE POLICY applicant_read ON officer FOR SELECT USING ({APPLICANTS})")


def _policies(table: str, *, reads: str, writes: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope_read ON {table} FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY scope_insert ON {table} FOR INSERT WITH CHECK ({writes})")
    op.execute(
        f"CREATE POLICY scope_update ON {table} FOR UPDATE USING ({writes}) WITH CHECK ({writes})"
    )
    op.execute(f"CREATE POLICY scope_delete ON {table} FOR DELETE USING ({writes})")


def _rules() -> None:
    op.create_table(
        "eligibility_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("examination_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column(
            "parameters",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(examination_id, examination_id, '[]')"), "&&"),
            (sa.text("int4range(coalesce(role_id, 0), coalesce(role_id, 0), '[]')"), "&&"),
            (sa.text("int4range(hashtext(kind), hashtext(kind), '[]')"), "&&"),
            (sa.text("daterange(effective_from, effective_to, '[]')"), "&&"),
            using="gist",
            name="ex_eligibility_rule_one_at_a_time",
        ),
        sa.CheckConstraint(
            "jsonb_typeof(parameters) = 'object'",
            name=op.f("ck_eligibility_rule_parameters_object"),
        ),
        sa.CheckConstraint(
            "kind IN ('profile_verified', 'tsc_employed', 'number_given', 'not_served_here', 'not_own_workstation', 'no_declared_interest', 'teaches_at', 'experience', 'qualification', 'reads_braille', 'one_post_a_day', 'weekly_rotation')",
            name=op.f("ck_eligibility_rule_kind"),
        ),
        sa.CheckConstraint(
            "effective_to >= effective_from", name=op.f("ck_eligibility_rule_dates_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["examination_id"], ["examination.id"], name=op.f("fk_eligibility_rule_examination_id")
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["staff_role.id"], name=op.f("fk_eligibility_rule_role_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_rule")),
    )
    op.create_index(
        op.f("ix_eligibility_rule_examination_id"),
        "eligibility_rule",
        ["examination_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_eligibility_rule_role_id"), "eligibility_rule", ["role_id"], unique=False
    )
    op.create_table(
        "ranking_weight",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("examination_id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(length=12), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("full_at", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "criterion IN ('distance', 'experience', 'left_out', 'verified')",
            name=op.f("ck_ranking_weight_criterion"),
        ),
        sa.CheckConstraint("full_at > 0", name=op.f("ck_ranking_weight_full_at")),
        sa.CheckConstraint("weight BETWEEN 0 AND 100", name=op.f("ck_ranking_weight_weight")),
        sa.ForeignKeyConstraint(
            ["examination_id"], ["examination.id"], name=op.f("fk_ranking_weight_examination_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_weight")),
        sa.UniqueConstraint(
            "examination_id", "criterion", name=op.f("uq_ranking_weight_examination_id_criterion")
        ),
    )
    op.create_index(
        op.f("ix_ranking_weight_examination_id"), "ranking_weight", ["examination_id"], unique=False
    )


def _vacancy() -> None:
    op.create_table(
        "vacancy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column(
            "day_kinds",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{rehearsal,written}'"),
            nullable=False,
        ),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("needs_braille", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late_reason", sa.String(length=300), nullable=True),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("duty_station", sa.String(length=160), server_default="", nullable=False),
        sa.Column("duty_code", sa.String(length=8), nullable=True),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_vacancy_state")),
        sa.CheckConstraint("cardinality(day_kinds) > 0", name=op.f("ck_vacancy_day_kinds")),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_vacancy_closes_after_it_opens")),
        sa.CheckConstraint("posts BETWEEN 1 AND 1000", name=op.f("ck_vacancy_posts")),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_vacancy_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["created_by"], ["ab_user.id"], name=op.f("fk_vacancy_created_by")),
        sa.ForeignKeyConstraint(["role_id"], ["staff_role.id"], name=op.f("fk_vacancy_role_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_vacancy_school_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_vacancy_series_id")),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_vacancy_sub_county_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancy")),
        sa.UniqueConstraint("id", "sub_county_id", name=op.f("uq_vacancy_id_sub_county_id")),
    )
    op.create_index(op.f("ix_vacancy_centre_id"), "vacancy", ["centre_id"], unique=False)
    op.create_index(op.f("ix_vacancy_created_by"), "vacancy", ["created_by"], unique=False)
    op.create_index(
        "ix_vacancy_open_near",
        "vacancy",
        [sa.literal_column("point(lon, lat)")],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_vacancy_role_id"), "vacancy", ["role_id"], unique=False)
    op.create_index(op.f("ix_vacancy_school_id"), "vacancy", ["school_id"], unique=False)
    op.create_index(
        "ix_vacancy_series_id_role_id", "vacancy", ["series_id", "role_id"], unique=False
    )
    op.create_index(
        "ix_vacancy_sub_county_id_state", "vacancy", ["sub_county_id", "state"], unique=False
    )
    op.create_index(
        "uq_vacancy_open_once",
        "vacancy",
        [
            "series_id",
            "sub_county_id",
            sa.literal_column("coalesce(centre_id, 0)"),
            "role_id",
            "needs_braille",
        ],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )


def _application() -> None:
    op.create_table(
        "application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vacancy_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="applied", nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.CheckConstraint(
            "state IN ('applied', 'shortlisted', 'selected', 'accepted', 'declined', 'not_selected', 'withdrawn')",
            name=op.f("ck_application_state"),
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_application_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["vacancy_id", "sub_county_id"],
            ["vacancy.id", "vacancy.sub_county_id"],
            name="fk_application_vacancy_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint(
            "vacancy_id", "officer_id", name=op.f("uq_application_vacancy_id_officer_id")
        ),
    )
    op.create_index(op.f("ix_application_officer_id"), "application", ["officer_id"], unique=False)
    op.create_index(
        "ix_application_sub_county_id_state",
        "application",
        ["sub_county_id", "state"],
        unique=False,
    )
    op.create_table(
        "application_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=14), nullable=False),
        sa.Column("from_state", sa.String(length=12), nullable=True),
        sa.Column("to_state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_move_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["moved_by"], ["ab_user.id"], name=op.f("fk_application_move_moved_by")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_application_move_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_application_move_sub_county_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_move")),
    )
    op.create_index(
        op.f("ix_application_move_application_id"),
        "application_move",
        ["application_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_application_move_moved_by"), "application_move", ["moved_by"], unique=False
    )
    op.create_index(
        op.f("ix_application_move_officer_id"), "application_move", ["officer_id"], unique=False
    )
    op.create_index(
        op.f("ix_application_move_sub_county_id"),
        "application_move",
        ["sub_county_id"],
        unique=False,
    )


def _service_history() -> None:
    op.create_table(
        "service_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=True),
        sa.Column("examination_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("year BETWEEN 1989 AND 2100", name=op.f("ck_service_history_year")),
        sa.ForeignKeyConstraint(
            ["examination_id"], ["examination.id"], name=op.f("fk_service_history_examination_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_service_history_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["staff_role.id"], name=op.f("fk_service_history_role_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_service_history_school_id")
        ),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_service_history_sub_county_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_history")),
        sa.UniqueConstraint(
            "officer_id",
            "examination_id",
            "year",
            "school_id",
            name=op.f("uq_service_history_officer_id_examination_id_year_school_id"),
        ),
    )
    op.create_index(
        op.f("ix_service_history_examination_id"),
        "service_history",
        ["examination_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_history_role_id"), "service_history", ["role_id"], unique=False
    )
    op.create_index(
        op.f("ix_service_history_school_id"), "service_history", ["school_id"], unique=False
    )
    op.create_index(
        op.f("ix_service_history_sub_county_id"), "service_history", ["sub_county_id"], unique=False
    )


def downgrade() -> None:
    op.execute("DROP POLICY applicant_read ON officer")
    op.execute("DROP POLICY scope_read ON vacancy")
    op.execute("DROP TRIGGER centre_centre_reprints_vacancies ON centre")
    for table in ("service_history", "application_move", "application", "vacancy"):
        op.drop_table(table)
    for _table, function, _when in TRIGGERS:
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("ranking_weight")
    op.drop_table("eligibility_rule")
    op.drop_constraint(op.f("ck_centre_blind_candidates_not_negative"), "centre", type_="check")
    op.drop_column("centre", "blind_candidates")
