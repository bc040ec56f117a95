import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** Streams, events and payloads of the ledger (I6), and the stored bytes that events refer to. */
export class Ledger0001 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(streams);
    await runner.query(events);
    await runner.query(payloads);
    await runner.query(guards);
    await runner.query(artifacts);
    await runner.query(logs);
  }
}

// COLLATE "C": locks are taken, and the whole ledger is read, in byte order, whatever the locale of the database.
// Half-empty pages: a head is updated at every append, in place (HOT) as long as its page has room.
const streams = `
CREATE TABLE ledger_streams (
  stream_id text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('session', 'lane', 'installation')),
  head_seq bigint NOT NULL CHECK (head_seq >= 0),
  head_hash text NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  moved_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50)`;

// No foreign key to ledger_streams: an append has locked the stream's row already, and a deleted stream must
// leave its events behind as evidence.
const events = `
CREATE TABLE ledger_events (
  stream_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  type text NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  lease_generation bigint,
  payload_sha256 text NOT NULL,
  prev_hash text NOT NULL,
  hash text NOT NULL,
  dedupe_key text,
  PRIMARY KEY (stream_id, seq)
);
CREATE UNIQUE INDEX ledger_events_dedupe ON ledger_events (stream_id, dedupe_key) WHERE dedupe_key IS NOT NULL`;

const payloads = `
CREATE TABLE ledger_payloads (
  stream_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  payload text,
  tombstone text,
  PRIMARY KEY (stream_id, seq),
  CHECK ((payload IS NULL) <> (tombstone IS NULL))
)`;

// Defence in depth: whoever owns the tables can lift it, and then the chain and the checkpoints show it.
const guards = `
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_events
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ledger_payloads
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER only_erased BEFORE UPDATE ON ledger_payloads
  FOR EACH ROW WHEN (OLD.payload IS NULL OR NEW.payload IS NOT NULL
    OR NEW.stream_id <> OLD.stream_id OR NEW.seq <> OLD.seq)
  EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ledger_streams
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER only_forward BEFORE UPDATE ON ledger_streams
  FOR EACH ROW WHEN (NEW.head_seq < OLD.head_seq OR NEW.fence < OLD.fence OR NEW.stream_id <> OLD.stream_id)
  EXECUTE FUNCTION ledger_is_append_only()`;

// The bytes lie under an id of their own, so that an upload can be stored before its digest is known.
// EXTERNAL: patches and logs are read in ranges, which compression would make slow.
const artifacts = `
CREATE TABLE artifacts (
  id text PRIMARY KEY CHECK (id ~ '^sha256:[0-9a-f]{64}$'),
  blob_id text NOT NULL UNIQUE,
  size bigint NOT NULL CHECK (size >= 0),
  media_type text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('patch', 'log', 'report', 'file')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE artifact_chunks (
  blob_id text NOT NULL,
  seq integer NOT NULL CHECK (seq >= 0),
  bytes bytea NOT NULL,
  PRIMARY KEY (blob_id, seq)
);
ALTER TABLE artifact_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE TABLE artifact_uploads (
  blob_id text PRIMARY KEY,
  touched_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`;

const logs = `
CREATE TABLE attempt_logs (
  attempt_id text NOT NULL,
  stream text NOT NULL CHECK (stream IN ('stdout', 'stderr')),
  size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
  truncated boolean NOT NULL DEFAULT false,
  artifact_id text,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (attempt_id, stream)
);
CREATE TABLE attempt_log_chunks (
  attempt_id text NOT NULL,
  stream text NOT NULL,
  start bigint NOT NULL CHECK (start >= 0),
  bytes bytea NOT NULL,
  PRIMARY KEY (attempt_id, stream, start)
);
ALTER TABLE attempt_log_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL`;
