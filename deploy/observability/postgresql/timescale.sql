-- Optional, after schema.sql and before the first record: `records` as a hypertable of TimescaleDB 2.
-- A hypertable's keys must hold the time; a record has one `ended` only, so repeats are still told by this key.
BEGIN;
CREATE EXTENSION IF NOT EXISTS timescaledb;
SET LOCAL search_path = emotion_edge, public;
ALTER TABLE records DROP CONSTRAINT records_pkey;
ALTER TABLE records ADD PRIMARY KEY (device, boot, seq, ended);
SELECT create_hypertable('records', 'ended', chunk_time_interval => INTERVAL '7 days', migrate_data => true);
COMMIT;
