"""Letters of deployment: serials, versions, templates; none is changed silently."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
OFFICER = "officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"
OFFICE = f"{ALL} OR {SUB_COUNTY}"
OWN = f"{OFFICE} OR {OFFICER}"

FUNCTIONS = """
CREATE FUNCTION letter_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.digest = '' AND OLD.digest <> ''
     AND to_jsonb(NEW) - '{content,digest}'::text[] = to_jsonb(OLD) - '{content,digest}'::text[]
     AND NEW.content = OLD.content || '{"name": "", "mobile": ""}'
     AND EXISTS (SELECT 1 FROM officer WHERE id = OLD.officer_id AND anonymised_at IS NOT NULL)
  THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' OR (OLD.state <> 'valid' AND NEW.state <> OLD.state)
     OR to_jsonb(NEW) - '{state,sub_county_id}'::text[]
        <> to_jsonb(OLD) - '{state,sub_county_id}'::text[] THEN
    RAISE EXCEPTION 'a letter that was issued stands as it is'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_letter_stands';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER letter_letter_stands BEFORE UPDATE OR DELETE ON letter
  FOR EACH ROW EXECUTE FUNCTION letter_stands();

CREATE FUNCTION letters_forget_officer() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE letter SET content = content || '{"name": "", "mobile": ""}', digest = ''
    WHERE officer_id = NEW.id AND digest <> '';
  RETURN NULL;
END $$;
CREATE TRIGGER officer_letters_forget AFTER UPDATE OF anonymised_at ON officer FOR EACH ROW
  WHEN (OLD.anonymised_at IS NULL AND NEW.anonymised_at IS NOT NULL)
  EXECUTE FUNCTION letters_forget_officer();

CREATE FUNCTION letter_follows_moves() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF NEW.act = 'issued' THEN
    PERFORM 1 FROM letter WHERE id = NEW.letter_id AND officer_id = NEW.officer_id
      AND sub_county_id = NEW.sub_county_id AND state = 'valid';
  ELSE
    UPDATE letter SET state = NEW.act WHERE id = NEW.letter_id AND officer_id = NEW.officer_id
      AND sub_county_id = NEW.sub_county_id AND state = 'valid';
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no such letter is valid'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_letter_move_of_valid';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER letter_move_letter_follows BEFORE INSERT ON letter_move
  FOR EACH ROW EXECUTE FUNCTION letter_follows_moves();

CREATE FUNCTION used_template_stays() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM 1 FROM letter WHERE template_id = OLD.id OR template_sw_id = OLD.id LIMIT 1;
  IF FOUND AND (TG_OP = 'DELETE'
                OR to_jsonb(NEW) - 'effective_to' <> to_jsonb(OLD) - 'effective_to') THEN
    RAISE EXCEPTION 'a template in use is ended, never changed'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_used_template_stays';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER letter_template_used_template_stays BEFORE UPDATE OR DELETE ON letter_template
  FOR EACH ROW EXECUTE FUNCTION used_template_stays();

CREATE TRIGGER letter_move_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON letter_move
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER letter_key_stays BEFORE DELETE OR TRUNCATE ON letter_key
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

REVOKE = """
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = '{table}'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE {acts} ON {table} FROM %I', grantee);
  END LOOP;
END $$;
"""
KEPT = {
    "letter": "UPDATE, DELETE, TRUNCATE",
    "letter_move": "UPDATE, DELETE, TRUNCATE",
    "letter_key": "UPDATE, DELETE, TRUNCATE",
    "letter_serial": "DELETE, TRUNCATE",
}
"""What the application may not do: a letter's state moves with a line of its history alone."""

ENGLISH = (
    "en",
    "APPOINTMENT AS {{ role }}, {{ series }}",
    "You are appointed {{ role }} for the {{ series }} examination at {{ centre }}"
    " ({{ centre_code }}) in {{ sub_county }}, from {{ first_day }} to {{ last_day }}, {{ days }}.\n\n"
    "You are paid {{ rate }} for each day on which the register of the centre marks you present."
    " Payment is based on days worked.\n\n"
    "Carry this letter and your national identity card. The letter holds only as long as its code"
    " says so.",
    "Report to the centre manager on the first day with this letter, and be there on time every day.\n"
    "Follow the rules of the examination and the directions of the supervisor and the centre manager.\n"
    "Keep everything you see and hear in the centre confidential.\n"
    "Report any irregularity at once to the supervisor, the centre manager or the sub-county office.\n"
    "See that the register marks you on every day you work, and sign it at the end.",
)
KISWAHILI = (
    "sw",
    "KUTEULIWA KUWA {{ role }}, {{ series }}",
    "Umeteuliwa kuwa {{ role }} wa mtihani wa {{ series }} katika {{ centre }}"
    " ({{ centre_code }}), {{ sub_county }}, kuanzia {{ first_day }} hadi {{ last_day }},"
    " {{ days }}.\n\n"
    "Utalipwa {{ rate }} kwa kila siku ambayo sajili ya kituo inaonyesha kuwa ulikuwepo. Malipo"
    " hutegemea siku zilizofanyiwa kazi.\n\n"
    "Beba barua hii na kitambulisho chako cha taifa. Barua ni halali mradi tu msimbo wake unasema"
    " hivyo.",
    "Ripoti kwa mkuu wa kituo siku ya kwanza ukiwa na barua hii, na ufike kwa wakati kila siku.\n"
    "Fuata kanuni za mtihani na maelekezo ya msimamizi na mkuu wa kituo.\n"
    "Weka siri kila unachokiona na kukisikia kituoni.\n"
    "Toa taarifa ya jambo lolote lisilo la kawaida mara moja kwa msimamizi, mkuu wa kituo au ofisi"
    " ya kaunti ndogo.\n"
    "Hakikisha sajili inaonyesha kila siku uliyofanya kazi, na uitie sahihi mwishoni.",
)


def upgrade() -> None:
    _templates()
    _letters()
    _files()
    op.execute(FUNCTIONS)
    for table, acts in KEPT.items():
        op.execute(REVOKE.format(table=table, acts=acts))
    _policies("letter", reads=OWN, writes=OFFICE)
    _policies("letter_move", reads=OWN, writes=OFFICE)
    _policies("letter_file", reads=OFFICE, writes=OFFICE)


def _templates() -> None:
    made = op.create_table(
        "letter_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("role_id", sa.Integer()),
        sa.Column("examination_id", sa.Integer()),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("duties", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_template")),
        sa.ForeignKeyConstraint(
            ["role_id"], ["staff_role.id"], name=op.f("fk_letter_template_role_id")
        ),
        sa.ForeignKeyConstraint(
            ["examination_id"], ["examination.id"], name=op.f("fk_letter_template_examination_id")
        ),
        sa.CheckConstraint("language IN ('en', 'sw')", name=op.f("ck_letter_template_language")),
        sa.CheckConstraint(
            "effective_to >= effective_from", name=op.f("ck_letter_template_dates_in_order")
        ),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(hashtext(language), hashtext(language), '[]')"), "&&"),
            (sa.text("int4range(coalesce(role_id, 0), coalesce(role_id, 0), '[]')"), "&&"),
            (
                sa.text(
                    "int4range(coalesce(examination_id, 0), coalesce(examination_id, 0), '[]')"
                ),
                "&&",
            ),
            (sa.text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_letter_template_one_at_a_time",
            using="gist",
        ),
    )
    for column in ("role_id", "examination_id"):
        op.create_index(op.f(f"ix_letter_template_{column}"), "letter_template", [column])
    names = ("language", "subject", "body", "duties")
    rows = [dict(zip(names, texts, strict=True)) for texts in (ENGLISH, KISWAHILI)]
    since = sa.func.to_date("2020-01-01", "YYYY-MM-DD")
    for row in rows:
        op.execute(made.insert().values(effective_from=since, **row))


def _letters() -> None:
    op.create_table(
        "letter_serial",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "role_id", name=op.f("pk_letter_serial")),
        *_keys("letter_serial", {"series_id": "series", "role_id": "staff_role"}),
        sa.CheckConstraint(
            "last BETWEEN 1 AND 9999999", name=op.f("ck_letter_serial_seven_digits")
        ),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in (
                "deployment_id", "officer_id", "centre_id", "sub_county_id", "series_id", "role_id",
                "serial", "version",
            )
        ),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("state", sa.String(10), server_default="valid", nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("template_sw_id", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.ForeignKeyConstraint(
            ["deployment_id", "centre_id", "role_id"],
            ["deployment.id", "deployment.centre_id", "deployment.role_id"],
            name="fk_letter_deployment",
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_letter_centre_in_sub_county",
        ),
        *_keys(
            "letter",
            {
                "officer_id": "officer", "series_id": "series", "role_id": "staff_role",
                "template_id": "letter_template", "template_sw_id": "letter_template",
                "issued_by": "ab_user",
            },
        ),
        sa.UniqueConstraint(
            "series_id", "role_id", "serial", "version",
            name=op.f("uq_letter_series_id_role_id_serial_version"),
        ),
        sa.UniqueConstraint("code", name=op.f("uq_letter_code")),
        sa.CheckConstraint(
            "state IN ('valid', 'replaced', 'withdrawn')", name=op.f("ck_letter_state")
        ),
        sa.CheckConstraint("serial BETWEEN 1 AND 9999999", name=op.f("ck_letter_seven_digits")),
        sa.CheckConstraint("version BETWEEN 1 AND 9999", name=op.f("ck_letter_version")),
        sa.CheckConstraint("code ~ '^[2-9A-HJ-NP-Z]{12}$'", name=op.f("ck_letter_code")),
    )  # fmt: skip
    op.create_index(
        "uq_letter_one_valid", "letter", ["deployment_id"], unique=True,
        postgresql_where=sa.text("state = 'valid'"),
    )  # fmt: skip
    op.create_index("ix_letter_deployment_id_version", "letter", ["deployment_id", "version"])
    op.create_index("ix_letter_series_id_sub_county_id", "letter", ["series_id", "sub_county_id"])
    for column in (
        "officer_id", "centre_id", "sub_county_id", "reference", "template_id", "template_sw_id",
        "issued_by",
    ):  # fmt: skip
        op.create_index(op.f(f"ix_letter_{column}"), "letter", [column])
    _moves()


def _moves() -> None:
    op.create_table(
        "letter_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(300)),
        _stamp("moved_at"),
        sa.Column("moved_by", sa.Integer()),
        sa.Column("actor_name", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_move")),
        *_keys(
            "letter_move",
            {
                "letter_id": "letter", "sub_county_id": "sub_county", "officer_id": "officer",
                "moved_by": "ab_user",
            },
        ),
        sa.CheckConstraint(
            "act IN ('issued', 'replaced', 'withdrawn')", name=op.f("ck_letter_move_act")
        ),
        sa.CheckConstraint(
            "act = 'issued' OR reason IS NOT NULL", name=op.f("ck_letter_move_reason_given")
        ),
    )  # fmt: skip
    for column in ("letter_id", "sub_county_id", "officer_id", "moved_by"):
        op.create_index(op.f(f"ix_letter_move_{column}"), "letter_move", [column])


def _files() -> None:
    op.create_table(
        "letter_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        _stamp("since"),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_key")),
        sa.UniqueConstraint("public_key", name=op.f("uq_letter_key_public_key")),
    )
    op.create_table(
        "letter_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("state", sa.String(10), server_default="waiting", nullable=False),
        sa.Column("letters", sa.Integer(), server_default="0", nullable=False),
        sa.Column("drawn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("size", sa.Integer()),
        sa.Column("content", sa.LargeBinary()),
        _stamp("asked_at"),
        sa.Column("asked_by", sa.Integer()),
        sa.Column("ready_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_file")),
        *_keys(
            "letter_file",
            {"series_id": "series", "sub_county_id": "sub_county", "asked_by": "ab_user"},
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'drawing', 'ready', 'wiped')", name=op.f("ck_letter_file_state")
        ),
        sa.CheckConstraint("language IN ('en', 'sw')", name=op.f("ck_letter_file_language")),
        sa.CheckConstraint(
            "(state = 'ready') = (content IS NOT NULL)",
            name=op.f("ck_letter_file_content_when_ready"),
        ),
    )
    op.create_index(
        "uq_letter_file_one_at_work",
        "letter_file",
        ["series_id", "sub_county_id", "language"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting' OR state = 'drawing'"),
    )
    for column in ("series_id", "sub_county_id", "asked_by"):
        op.create_index(op.f(f"ix_letter_file_{column}"), "letter_file", [column])


def _keys(table: str, targets: dict[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]


def _stamp(name: str) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _policies(table: str, *, reads: str, writes: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope_read ON {table} FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY scope_insert ON {table} FOR INSERT WITH CHECK ({writes})")
    op.execute(
        f"CREATE POLICY scope_update ON {table} FOR UPDATE USING ({writes}) WITH CHECK ({writes})"
    )
    op.execute(f"CREATE POLICY scope_delete ON {table} FOR DELETE USING ({writes})")


def downgrade() -> None:
    op.execute("DROP TRIGGER officer_letters_forget ON officer")
    for table in ("letter_file", "letter_move", "letter", "letter_key", "letter_serial"):
        op.drop_table(table)
    op.drop_table("letter_template")
    for function in (
        "letters_forget_officer",
        "used_template_stays",
        "letter_follows_moves",
        "letter_stands",
    ):
        op.execute(f"DROP FUNCTION {function}()")
