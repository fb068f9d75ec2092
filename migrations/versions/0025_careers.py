"""What jobs ask, in versions that never change once they are published; targets of the vision."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = (
    """CREATE TABLE job_family (
        id bigserial CONSTRAINT pk_job_family PRIMARY KEY,
        slug text NOT NULL CONSTRAINT uq_job_family_slug UNIQUE,
        name jsonb NOT NULL, position bigint NOT NULL, version bigint NOT NULL DEFAULT 1)""",
    """CREATE TABLE job (
        id bigserial CONSTRAINT pk_job PRIMARY KEY,
        slug text NOT NULL CONSTRAINT uq_job_slug UNIQUE,
        family_id bigint NOT NULL CONSTRAINT fk_job_family_id REFERENCES job_family,
        level bigint NOT NULL, name jsonb NOT NULL, known_as text[] NOT NULL DEFAULT '{}',
        open_until date, who_may_apply jsonb NOT NULL, retired_at timestamptz, version bigint NOT NULL DEFAULT 1,
        CONSTRAINT ck_job_level CHECK (level BETWEEN 1 AND 20))""",
    "CREATE INDEX ix_job_family_id ON job (family_id, level)",
    """CREATE TABLE job_criteria (
        id bigserial CONSTRAINT pk_job_criteria PRIMARY KEY,
        job_id bigint NOT NULL CONSTRAINT fk_job_criteria_job_id REFERENCES job,
        number bigint NOT NULL, consented_on date, published_at timestamptz,
        published_by bigint CONSTRAINT fk_job_criteria_published_by REFERENCES person,
        version bigint NOT NULL DEFAULT 1,
        CONSTRAINT uq_job_criteria_job_id_number UNIQUE (job_id, number),
        CONSTRAINT ck_job_criteria_consented CHECK (published_at IS NULL OR consented_on IS NOT NULL))""",
    "CREATE UNIQUE INDEX uq_job_criteria_draft ON job_criteria (job_id) WHERE published_at IS NULL",
    """CREATE TABLE criterion (
        id bigserial CONSTRAINT pk_criterion PRIMARY KEY,
        criteria_id bigint NOT NULL
            CONSTRAINT fk_criterion_criteria_id REFERENCES job_criteria ON DELETE CASCADE,
        key uuid NOT NULL, position bigint NOT NULL, text jsonb NOT NULL,
        skill_id bigint NOT NULL CONSTRAINT fk_criterion_skill_id REFERENCES skill,
        level bigint NOT NULL, evidence text[] NOT NULL, version bigint NOT NULL DEFAULT 1,
        CONSTRAINT uq_criterion_criteria_id_key UNIQUE (criteria_id, key),
        CONSTRAINT ck_criterion_level CHECK (level BETWEEN 1 AND 4),
        CONSTRAINT ck_criterion_evidence CHECK (evidence <@ ARRAY[
            'badge', 'completion', 'lesson_applied', 'recognition', 'observation', 'document']))""",
    "CREATE INDEX ix_criterion_skill_id ON criterion (skill_id)",
    """CREATE TABLE criterion_badge (
        criterion_id bigint NOT NULL
            CONSTRAINT fk_criterion_badge_criterion_id REFERENCES criterion ON DELETE CASCADE,
        achievement_id bigint NOT NULL CONSTRAINT fk_criterion_badge_achievement_id REFERENCES achievement,
        tier bigint NOT NULL DEFAULT 1,
        CONSTRAINT pk_criterion_badge PRIMARY KEY (criterion_id, achievement_id))""",
    "CREATE INDEX ix_criterion_badge_achievement_id ON criterion_badge (achievement_id)",
    """CREATE TABLE vision_target (
        id bigserial CONSTRAINT pk_vision_target PRIMARY KEY,
        skill_id bigint NOT NULL CONSTRAINT fk_vision_target_skill_id REFERENCES skill,
        unit_id bigint CONSTRAINT fk_vision_target_unit_id REFERENCES unit,
        level bigint NOT NULL, people bigint NOT NULL, period text NOT NULL, version bigint NOT NULL DEFAULT 1,
        CONSTRAINT uq_vision_target_skill_id_unit_id_level_period
            UNIQUE NULLS NOT DISTINCT (skill_id, unit_id, level, period),
        CONSTRAINT ck_vision_target_numbers CHECK (level BETWEEN 1 AND 4 AND people > 0),
        CONSTRAINT ck_vision_target_period CHECK (period ~ '^20[0-9]{2}(-Q[1-4])?$'))""",
    "CREATE INDEX ix_vision_target_unit_id ON vision_target (unit_id)",
)

# Whoever publishes holds the version's row; whoever writes a criterion at that moment waits for it (FOR SHARE), and
# then finds it published. A draft that is removed takes its criteria along: then its row is gone already.
FREEZE = """
    CREATE FUNCTION refuse_published() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        owners bigint[];
        published timestamptz;
    BEGIN
        IF TG_TABLE_NAME = 'job_criteria' THEN
            IF OLD.published_at IS NOT NULL THEN
                RAISE EXCEPTION 'published criteria never change' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        ELSIF TG_TABLE_NAME = 'criterion' THEN
            IF TG_OP <> 'INSERT' THEN owners := owners || OLD.criteria_id; END IF;
            IF TG_OP <> 'DELETE' THEN owners := owners || NEW.criteria_id; END IF;
        ELSE
            IF TG_OP <> 'INSERT' THEN
                owners := owners || (SELECT criteria_id FROM criterion WHERE id = OLD.criterion_id);
            END IF;
            IF TG_OP <> 'DELETE' THEN
                owners := owners || (SELECT criteria_id FROM criterion WHERE id = NEW.criterion_id);
            END IF;
        END IF;
        FOR published IN SELECT published_at FROM job_criteria WHERE id = ANY(owners) FOR SHARE LOOP
            IF published IS NOT NULL THEN
                RAISE EXCEPTION 'published criteria never change' USING ERRCODE = 'restrict_violation';
            END IF;
        END LOOP;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END $$
"""
TRIGGERS = (
    "CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON job_criteria",
    "CREATE TRIGGER keep_published BEFORE INSERT OR UPDATE OR DELETE ON criterion",
    "CREATE TRIGGER keep_published BEFORE INSERT OR UPDATE OR DELETE ON criterion_badge",
)


def upgrade() -> None:
    for one in TABLES:
        op.execute(one)
    op.execute(FREEZE)
    for one in TRIGGERS:
        op.execute(f"{one} FOR EACH ROW EXECUTE FUNCTION refuse_published()")


def downgrade() -> None:
    for table in ("vision_target", "criterion_badge", "criterion", "job_criteria", "job", "job_family"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION refuse_published()")
