"""Promotion reviews: rounds, files, panels, decisions, frozen dossiers."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = (
    """CREATE TABLE review_round (
        id BIGSERIAL NOT NULL,
        name JSONB NOT NULL,
        evidence_due DATE NOT NULL,
        panel_due DATE NOT NULL,
        decide_due DATE NOT NULL,
        release_on DATE NOT NULL,
        deciders BIGINT DEFAULT '1' NOT NULL,
        seen_days BIGINT DEFAULT '14' NOT NULL,
        object_days BIGINT DEFAULT '42' NOT NULL,
        opened_by BIGINT NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        invited_at TIMESTAMP WITH TIME ZONE,
        released_at TIMESTAMP WITH TIME ZONE,
        version BIGINT DEFAULT '1' NOT NULL,
        CONSTRAINT pk_review_round PRIMARY KEY (id),
        CONSTRAINT ck_review_round_deciders CHECK (deciders IN (1, 2)),
        CONSTRAINT ck_review_round_in_order CHECK (evidence_due <= panel_due AND panel_due <= decide_due),
        CONSTRAINT fk_review_round_opened_by FOREIGN KEY(opened_by) REFERENCES person (id))""",
    """CREATE TABLE review_round_job (
        round_id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        CONSTRAINT pk_review_round_job PRIMARY KEY (round_id, job_id),
        CONSTRAINT fk_review_round_job_round_id FOREIGN KEY(round_id) REFERENCES review_round (id),
        CONSTRAINT fk_review_round_job_job_id FOREIGN KEY(job_id) REFERENCES job (id))""",
    """CREATE TABLE review_round_unit (
        round_id BIGINT NOT NULL,
        unit_id BIGINT NOT NULL,
        CONSTRAINT pk_review_round_unit PRIMARY KEY (round_id, unit_id),
        CONSTRAINT fk_review_round_unit_round_id FOREIGN KEY(round_id) REFERENCES review_round (id),
        CONSTRAINT fk_review_round_unit_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id))""",
    """CREATE TABLE review_round_panel (
        round_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        seat TEXT NOT NULL,
        CONSTRAINT pk_review_round_panel PRIMARY KEY (round_id, person_id, seat),
        CONSTRAINT ck_review_round_panel_seat CHECK (seat IN ('member', 'decider')),
        CONSTRAINT fk_review_round_panel_round_id FOREIGN KEY(round_id) REFERENCES review_round (id),
        CONSTRAINT fk_review_round_panel_person_id FOREIGN KEY(person_id) REFERENCES person (id))""",
    """CREATE TABLE review_round_person (
        round_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        listed BOOLEAN DEFAULT 'false' NOT NULL,
        invited_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_review_round_person PRIMARY KEY (round_id, person_id, job_id),
        CONSTRAINT fk_review_round_person_round_id FOREIGN KEY(round_id) REFERENCES review_round (id),
        CONSTRAINT fk_review_round_person_person_id FOREIGN KEY(person_id) REFERENCES person (id),
        CONSTRAINT fk_review_round_person_job_id FOREIGN KEY(job_id) REFERENCES job (id))""",
    """CREATE INDEX ix_review_round_person_person_id ON review_round_person (person_id)""",
    """CREATE TABLE review (
        id UUID DEFAULT gen_random_uuid() NOT NULL,
        round_id BIGINT,
        person_id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        criteria_id BIGINT NOT NULL,
        department_id BIGINT,
        asked_by BIGINT NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        stage TEXT DEFAULT 'gathering' NOT NULL,
        deciders BIGINT DEFAULT '1' NOT NULL,
        evidence_due DATE NOT NULL,
        panel_due DATE NOT NULL,
        decide_due DATE NOT NULL,
        seen_days BIGINT DEFAULT '14' NOT NULL,
        object_days BIGINT DEFAULT '42' NOT NULL,
        own_words BYTEA,
        own_words_at TIMESTAMP WITH TIME ZONE,
        own_words_draft BYTEA,
        gathered_at TIMESTAMP WITH TIME ZONE,
        assessed_at TIMESTAMP WITH TIME ZONE,
        decided_at TIMESTAMP WITH TIME ZONE,
        released_at TIMESTAMP WITH TIME ZONE,
        seen_at TIMESTAMP WITH TIME ZONE,
        unseen_at TIMESTAMP WITH TIME ZONE,
        answer BYTEA,
        answered_at TIMESTAMP WITH TIME ZONE,
        closed_at TIMESTAMP WITH TIME ZONE,
        reminded TEXT,
        version BIGINT DEFAULT '1' NOT NULL,
        CONSTRAINT pk_review PRIMARY KEY (id),
        CONSTRAINT uq_review_id_person_id UNIQUE (id, person_id),
        CONSTRAINT ck_review_stage CHECK (stage IN ('gathering', 'panel', 'deciding', 'decided', 'released', 'closed', 'withdrawn')),
        CONSTRAINT ck_review_deciders CHECK (deciders IN (1, 2)),
        CONSTRAINT fk_review_round_id FOREIGN KEY(round_id) REFERENCES review_round (id),
        CONSTRAINT fk_review_person_id FOREIGN KEY(person_id) REFERENCES person (id),
        CONSTRAINT fk_review_job_id FOREIGN KEY(job_id) REFERENCES job (id),
        CONSTRAINT fk_review_criteria_id FOREIGN KEY(criteria_id) REFERENCES job_criteria (id),
        CONSTRAINT fk_review_department_id FOREIGN KEY(department_id) REFERENCES unit (id),
        CONSTRAINT fk_review_asked_by FOREIGN KEY(asked_by) REFERENCES person (id))""",
    """CREATE INDEX ix_review_person_id ON review (person_id)""",
    """CREATE INDEX ix_review_round_id ON review (round_id)""",
    """CREATE INDEX ix_review_underway ON review (stage) WHERE stage <> 'closed' AND stage <> 'withdrawn'""",
    """CREATE UNIQUE INDEX uq_review_underway ON review (person_id, job_id) WHERE stage <> 'closed' AND stage <> 'withdrawn'""",
    """CREATE TABLE review_evidence (
        id BIGSERIAL NOT NULL,
        review_id UUID NOT NULL,
        criterion_id BIGINT NOT NULL,
        kind TEXT NOT NULL,
        thing TEXT NOT NULL,
        holder_id BIGINT NOT NULL,
        released_by BIGINT NOT NULL,
        released_at TIMESTAMP WITH TIME ZONE NOT NULL,
        sealed BYTEA,
        CONSTRAINT pk_review_evidence PRIMARY KEY (id),
        CONSTRAINT uq_review_evidence_criterion_id_review_id_thing UNIQUE (criterion_id, review_id, thing),
        CONSTRAINT fk_review_evidence_review_id_holder_id FOREIGN KEY(review_id, holder_id) REFERENCES review (id, person_id),
        CONSTRAINT ck_review_evidence_released_by_holder CHECK (released_by = holder_id),
        CONSTRAINT ck_review_evidence_kind CHECK (kind IN ('badge', 'completion', 'lesson_applied', 'kudos', 'recognition', 'observation', 'document')),
        CONSTRAINT fk_review_evidence_criterion_id FOREIGN KEY(criterion_id) REFERENCES criterion (id),
        CONSTRAINT fk_review_evidence_released_by FOREIGN KEY(released_by) REFERENCES person (id))""",
    """CREATE INDEX ix_review_evidence_review_id ON review_evidence (review_id)""",
    """CREATE TABLE review_proposal (
        id BIGSERIAL NOT NULL,
        review_id UUID NOT NULL,
        criterion_id BIGINT NOT NULL,
        kind TEXT NOT NULL,
        thing TEXT NOT NULL,
        proposed_by BIGINT NOT NULL,
        proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_review_proposal PRIMARY KEY (id),
        CONSTRAINT uq_review_proposal_review_id_criterion_id_thing UNIQUE (review_id, criterion_id, thing),
        CONSTRAINT ck_review_proposal_kind CHECK (kind IN ('badge', 'completion')),
        CONSTRAINT fk_review_proposal_review_id FOREIGN KEY(review_id) REFERENCES review (id),
        CONSTRAINT fk_review_proposal_criterion_id FOREIGN KEY(criterion_id) REFERENCES criterion (id),
        CONSTRAINT fk_review_proposal_proposed_by FOREIGN KEY(proposed_by) REFERENCES person (id))""",
    """CREATE TABLE review_observation (
        id BIGSERIAL NOT NULL,
        review_id UUID NOT NULL,
        criterion_id BIGINT NOT NULL,
        observer_id BIGINT NOT NULL,
        question BYTEA,
        asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        sealed BYTEA,
        observed_on DATE,
        filed_at TIMESTAMP WITH TIME ZONE,
        declined_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_review_observation PRIMARY KEY (id),
        CONSTRAINT uq_review_observation_review_id_criterion_id_observer_id UNIQUE (review_id, criterion_id, observer_id),
        CONSTRAINT fk_review_observation_review_id FOREIGN KEY(review_id) REFERENCES review (id),
        CONSTRAINT fk_review_observation_criterion_id FOREIGN KEY(criterion_id) REFERENCES criterion (id),
        CONSTRAINT fk_review_observation_observer_id FOREIGN KEY(observer_id) REFERENCES person (id))""",
    """CREATE INDEX ix_review_observation_observer_id ON review_observation (observer_id)""",
    """CREATE TABLE review_seat (
        review_id UUID NOT NULL,
        person_id BIGINT NOT NULL,
        seat TEXT NOT NULL,
        holder_id BIGINT NOT NULL,
        named_by BIGINT NOT NULL,
        named_at TIMESTAMP WITH TIME ZONE NOT NULL,
        handed_in_at TIMESTAMP WITH TIME ZONE,
        stepped_aside_at TIMESTAMP WITH TIME ZONE,
        for_id BIGINT,
        reminded TEXT,
        CONSTRAINT pk_review_seat PRIMARY KEY (review_id, person_id, seat),
        CONSTRAINT fk_review_seat_review_id_holder_id FOREIGN KEY(review_id, holder_id) REFERENCES review (id, person_id),
        CONSTRAINT ck_review_seat_not_ones_own CHECK (person_id <> holder_id),
        CONSTRAINT ck_review_seat_seat CHECK (seat IN ('member', 'decider')),
        CONSTRAINT fk_review_seat_person_id FOREIGN KEY(person_id) REFERENCES person (id),
        CONSTRAINT fk_review_seat_named_by FOREIGN KEY(named_by) REFERENCES person (id),
        CONSTRAINT fk_review_seat_for_id FOREIGN KEY(for_id) REFERENCES person (id))""",
    """CREATE INDEX ix_review_seat_person_id ON review_seat (person_id) WHERE stepped_aside_at IS NULL""",
    """CREATE TABLE review_assessment (
        review_id UUID NOT NULL,
        criterion_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        verdict TEXT,
        sealed BYTEA,
        written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        version BIGINT DEFAULT '1' NOT NULL,
        CONSTRAINT pk_review_assessment PRIMARY KEY (review_id, criterion_id, person_id),
        CONSTRAINT ck_review_assessment_verdict CHECK (verdict IN ('met', 'partly', 'not_yet')),
        CONSTRAINT fk_review_assessment_review_id FOREIGN KEY(review_id) REFERENCES review (id),
        CONSTRAINT fk_review_assessment_criterion_id FOREIGN KEY(criterion_id) REFERENCES criterion (id),
        CONSTRAINT fk_review_assessment_person_id FOREIGN KEY(person_id) REFERENCES person (id))""",
    """CREATE TABLE review_decision (
        review_id UUID NOT NULL,
        person_id BIGINT NOT NULL,
        outcome TEXT,
        from_on DATE,
        plan_on DATE,
        sealed BYTEA,
        written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        signed_at TIMESTAMP WITH TIME ZONE,
        version BIGINT DEFAULT '1' NOT NULL,
        CONSTRAINT pk_review_decision PRIMARY KEY (review_id, person_id),
        CONSTRAINT ck_review_decision_outcome CHECK (outcome IN ('promote', 'promote_with_plan', 'not_yet')),
        CONSTRAINT fk_review_decision_review_id FOREIGN KEY(review_id) REFERENCES review (id),
        CONSTRAINT fk_review_decision_person_id FOREIGN KEY(person_id) REFERENCES person (id))""",
    """CREATE TABLE review_objection (
        review_id UUID NOT NULL,
        sealed BYTEA,
        filed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        handler_id BIGINT,
        outcome TEXT,
        answer BYTEA,
        handled_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_review_objection PRIMARY KEY (review_id),
        CONSTRAINT ck_review_objection_outcome CHECK (outcome IN ('stands', 'anew')),
        CONSTRAINT fk_review_objection_review_id FOREIGN KEY(review_id) REFERENCES review (id),
        CONSTRAINT fk_review_objection_handler_id FOREIGN KEY(handler_id) REFERENCES person (id))""",
    """CREATE TABLE review_step (
        id BIGSERIAL NOT NULL,
        review_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        person_id BIGINT,
        what TEXT NOT NULL,
        detail JSONB DEFAULT '{}' NOT NULL,
        CONSTRAINT pk_review_step PRIMARY KEY (id),
        CONSTRAINT fk_review_step_review_id FOREIGN KEY(review_id) REFERENCES review (id),
        CONSTRAINT fk_review_step_person_id FOREIGN KEY(person_id) REFERENCES person (id))""",
    """CREATE INDEX ix_review_step_review_id ON review_step (review_id, id)""",
    """CREATE TABLE dossier (
        review_id UUID NOT NULL,
        number BIGINT NOT NULL,
        digest BYTEA NOT NULL,
        wrapped BYTEA,
        sealed BYTEA,
        frozen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        keep_until DATE NOT NULL,
        destroyed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_dossier PRIMARY KEY (review_id, number),
        CONSTRAINT fk_dossier_review_id FOREIGN KEY(review_id) REFERENCES review (id))""",
)
NAMES = (
    "review_round",
    "review_round_job",
    "review_round_unit",
    "review_round_panel",
    "review_round_person",
    "review",
    "review_evidence",
    "review_proposal",
    "review_observation",
    "review_seat",
    "review_assessment",
    "review_decision",
    "review_objection",
    "review_step",
    "dossier",
)
# A frozen dossier is wrapped anew after a change of master keys, and destroyed at its term; nothing else happens to it.
KEEP_DOSSIER = """
    CREATE FUNCTION keep_dossier() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.review_id = OLD.review_id AND NEW.number = OLD.number
           AND NEW.digest = OLD.digest AND NEW.frozen_at = OLD.frozen_at AND NEW.keep_until = OLD.keep_until
           AND OLD.destroyed_at IS NULL THEN
            IF NEW.destroyed_at IS NULL AND NEW.sealed = OLD.sealed AND NEW.wrapped IS NOT NULL THEN
                RETURN NEW;
            ELSIF NEW.destroyed_at IS NOT NULL AND NEW.sealed IS NULL AND NEW.wrapped IS NULL
                  AND OLD.keep_until < current_date THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'a frozen dossier never changes' USING ERRCODE = 'restrict_violation';
    END $$
"""


def upgrade() -> None:
    for one in TABLES:
        op.execute(one)
    op.execute(KEEP_DOSSIER)
    op.execute(
        "CREATE TRIGGER keep_rows BEFORE UPDATE OR DELETE ON dossier FOR EACH ROW EXECUTE FUNCTION keep_dossier()"
    )
    op.execute(
        "CREATE TRIGGER keep_table BEFORE TRUNCATE ON dossier FOR EACH STATEMENT EXECUTE FUNCTION keep_dossier()"
    )


def downgrade() -> None:
    for table in reversed(NAMES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION keep_dossier()")
