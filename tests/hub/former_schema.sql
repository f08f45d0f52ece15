-- The store of release 0.2.0 for records in PostgreSQL, for tests of `hub import`. It is not shipped any more.
-- A writer puts a record's JSON into `inbox`; a record that is there already changes nothing.

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

-- The ranges of the contract: NaN, -5 people or a number of a record beyond all counting come from no honest device. A
-- table of an earlier release gets them here; rows in it that break them stay, and are reported.
DO $$
DECLARE
    rule text := $rule$
        seq BETWEEN 0 AND 9007199254740992
        AND boot ~ '^[0-9a-f]{8}$'
        AND length(device) BETWEEN 1 AND 64 AND length(site) BETWEEN 1 AND 64 AND length(room) BETWEEN 1 AND 64
        AND length(model) <= 100 AND length(suppressed) <= 40
        AND clock IN ('synced', 'unsynced') AND mode IN ('emotions', 'presence')
        AND started >= '2000-01-01 00:00:00+00' AND ended < '2200-01-01 00:00:00+00'
        AND ended - started <= interval '1 day'
        AND frames_analysed BETWEEN 0 AND 100000000 AND frames_expected BETWEEN 0 AND 100000000
        AND most BETWEEN 0 AND 1000 AND people BETWEEN 0 AND 1000
        AND angry BETWEEN 0 AND 1000 AND disgust BETWEEN 0 AND 1000 AND fear BETWEEN 0 AND 1000
        AND happy BETWEEN 0 AND 1000 AND sad BETWEEN 0 AND 1000 AND surprise BETWEEN 0 AND 1000
        AND neutral BETWEEN 0 AND 1000 AND unsure BETWEEN 0 AND 1000 AND other BETWEEN 0 AND 1000
        AND emotions_error BETWEEN 0 AND 1000
    $rule$;
    breaches bigint;
BEGIN
    IF EXISTS (
        SELECT FROM pg_constraint
        WHERE conname = 'ranges_of_the_contract' AND conrelid = 'records'::regclass AND convalidated
    ) THEN
        RETURN;
    END IF;
    ALTER TABLE records DROP CONSTRAINT IF EXISTS ranges_of_the_contract;
    BEGIN
        EXECUTE format('ALTER TABLE records ADD CONSTRAINT ranges_of_the_contract CHECK (%s)', rule);
    EXCEPTION WHEN check_violation THEN
        EXECUTE format('ALTER TABLE records ADD CONSTRAINT ranges_of_the_contract CHECK (%s) NOT VALID', rule);
        EXECUTE format('SELECT count(*) FROM records WHERE NOT (%s)', rule) INTO breaches;
        RAISE WARNING '% stored records break the ranges of the contract and stay: look at them, delete what no device of yours sent, and run this again', breaches;
    END;
END
$$;

-- Stays empty: what is written here becomes a row of `records`. Telegraf needs the column `time`, and to know that the
-- topic is a tag. A writer without topics has to compare topic and record itself, as `emotion-edge watch` does.
CREATE TABLE IF NOT EXISTS inbox (time timestamp, value text);
ALTER TABLE inbox ADD COLUMN IF NOT EXISTS topic text;
COMMENT ON COLUMN inbox.topic IS 'tag';

-- Messages that were no records, counted by day: a stranger's message neither stops the writer nor fills the disk.
CREATE TABLE IF NOT EXISTS refused (day date PRIMARY KEY, messages bigint NOT NULL, latest_reason text NOT NULL);

CREATE OR REPLACE FUNCTION store() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = emotion_edge, pg_temp AS $$
DECLARE
    record jsonb;
    emotions jsonb;
    levels text[];
BEGIN
    record := NEW.value::jsonb;
    IF record ->> 'schema' IS DISTINCT FROM '1' THEN
        RAISE 'schema % is not known; run the schema.sql of a newer release', coalesce(record ->> 'schema', 'null');
    END IF;
    -- The broker controls who may write a topic; it does not control whose name stands in a record.
    levels := regexp_match(NEW.topic, '([^/]+)/([^/]+)/counts(/backfill)?$');
    IF NEW.topic IS NOT NULL AND (
        levels[1] IS DISTINCT FROM record ->> 'site' OR levels[2] IS DISTINCT FROM record ->> 'device'
    ) THEN
        RAISE 'a record came on the topic of another device or site: %', left(NEW.topic, 100);
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
