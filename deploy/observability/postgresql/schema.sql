-- A store for emotion-edge records in PostgreSQL 13 or later: psql -v ON_ERROR_STOP=1 -f schema.sql DATABASE
-- Safe to run again. Whoever writes puts a record's JSON into `inbox`; a record that is there already changes nothing.

BEGIN;
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS emotion_edge;
SET LOCAL search_path = emotion_edge;

CREATE TABLE IF NOT EXISTS records (
    device text NOT NULL,
    boot text NOT NULL,
    seq bigint NOT NULL,
    site text NOT NULL,
    room text NOT NULL,
    started timestamptz NOT NULL,
    ended timestamptz NOT NULL CHECK (ended > started),
    seconds integer NOT NULL GENERATED ALWAYS AS (EXTRACT(epoch FROM ended - started)::integer) STORED,
    clock text NOT NULL,
    mode text NOT NULL,
    frames_analysed integer NOT NULL,
    frames_expected integer NOT NULL,
    -- People, on average over the interval. NULL: withheld or not observed, never 0.
    people numeric(5, 1),
    most integer,
    angry numeric(5, 1),
    disgust numeric(5, 1),
    fear numeric(5, 1),
    happy numeric(5, 1),
    sad numeric(5, 1),
    surprise numeric(5, 1),
    neutral numeric(5, 1),
    unsure numeric(5, 1),
    other numeric(5, 1),
    suppressed text,
    model text NOT NULL,
    replayed boolean NOT NULL,
    PRIMARY KEY (device, boot, seq),
    CONSTRAINT nothing_of_what_is_withheld CHECK (
        suppressed IS NULL
        OR suppressed IN ('above_max_share', 'below_min_cell')
        OR num_nonnulls(people, most, angry, disgust, fear, happy, sad, surprise, neutral, unsure, other) = 0
    )
);
-- Added later, so tables of earlier releases get it here: how many of `people` may stand under a wrong emotion.
-- NULL: not known, as of all earlier records.
ALTER TABLE records ADD COLUMN IF NOT EXISTS emotions_error numeric(5, 1)
    CONSTRAINT no_error_of_what_is_withheld CHECK (emotions_error IS NULL OR people IS NOT NULL);
CREATE INDEX IF NOT EXISTS records_by_time ON records (ended);
CREATE INDEX IF NOT EXISTS records_by_room ON records (site, room, ended);

-- Stays empty: what is written here becomes a row of `records`. Telegraf needs the column `time`.
CREATE TABLE IF NOT EXISTS inbox (time timestamp, value text);

-- Messages that were no records, counted by day: a stranger's message neither stops the writer nor fills the disk.
CREATE TABLE IF NOT EXISTS refused (day date PRIMARY KEY, messages bigint NOT NULL, latest_reason text NOT NULL);

CREATE OR REPLACE FUNCTION store() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = emotion_edge, pg_temp AS $$
DECLARE
    record jsonb;
    emotions jsonb;
BEGIN
    record := NEW.value::jsonb;
    IF record ->> 'schema' IS DISTINCT FROM '1' THEN
        RAISE 'schema % is not known; run the schema.sql of a newer release', coalesce(record ->> 'schema', 'null');
    END IF;
    emotions := record -> 'emotions';
    INSERT INTO records (
        device, boot, seq, site, room, started, ended, clock, mode, frames_analysed, frames_expected, people, most,
        angry, disgust, fear, happy, sad, surprise, neutral, unsure, other, emotions_error, suppressed, model,
        replayed
    ) VALUES (
        record ->> 'device',
        record ->> 'boot',
        (record ->> 'seq')::bigint,
        record ->> 'site',
        record ->> 'room',
        (record ->> 'start')::timestamptz,
        (record ->> 'end')::timestamptz,
        record ->> 'clock',
        record ->> 'mode',
        (record #>> '{frames,analysed}')::integer,
        (record #>> '{frames,expected}')::integer,
        (record #>> '{faces,mean}')::numeric,
        (record #>> '{faces,max}')::integer,
        (emotions ->> 'angry')::numeric,
        (emotions ->> 'disgust')::numeric,
        (emotions ->> 'fear')::numeric,
        (emotions ->> 'happy')::numeric,
        (emotions ->> 'sad')::numeric,
        (emotions ->> 'surprise')::numeric,
        (emotions ->> 'neutral')::numeric,
        (record ->> 'unsure')::numeric,
        (record ->> 'other')::numeric,
        (record ->> 'emotions_error')::numeric,
        record ->> 'suppressed',
        record ->> 'model',
        (record ->> 'replayed')::boolean
    ) ON CONFLICT DO NOTHING;
    RETURN NULL;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception OR program_limit_exceeded THEN
    INSERT INTO refused AS known VALUES (current_date, 1, left(SQLERRM, 200))
    ON CONFLICT (day) DO UPDATE SET messages = known.messages + 1, latest_reason = excluded.latest_reason;
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION store() FROM PUBLIC;
DROP TRIGGER IF EXISTS store ON inbox;
CREATE TRIGGER store BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION store();

-- Records that are missing between two of the same start of a device, of those that ended between two times. Each was
-- lost, or is still on its way.
CREATE OR REPLACE FUNCTION gaps(since timestamptz, until timestamptz) RETURNS TABLE (
    device text, site text, room text, boot text, last_seen timestamptz, next_seen timestamptz, missing bigint
)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = emotion_edge, pg_temp AS $$
    SELECT device, site, room, boot, before, ended, seq - previous - 1
    FROM (
        SELECT device, site, room, boot, seq, ended,
            lag(seq) OVER starts AS previous,
            lag(ended) OVER starts AS before
        FROM records
        WHERE ended BETWEEN since AND until
        WINDOW starts AS (PARTITION BY device, boot ORDER BY seq)
    ) AS pairs
    WHERE seq - previous > 1
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['emotion_edge_writer', 'emotion_edge_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END
$$;
GRANT USAGE ON SCHEMA emotion_edge TO emotion_edge_writer, emotion_edge_reader;
GRANT INSERT ON inbox TO emotion_edge_writer;
GRANT SELECT ON records, refused TO emotion_edge_reader;
COMMIT;
