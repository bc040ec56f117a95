-- What all migrations together make. Written by `npm run schema -w @gatehouse/database`; for reading, not for running.

CREATE OR REPLACE FUNCTION public.ledger_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION public.principal_stands_for_good()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        IF OLD.stands_for IS NOT NULL AND NOT EXISTS (
          SELECT FROM principals WHERE id = OLD.stands_for AND stands_for = NEW.stands_for)
        THEN
          RAISE EXCEPTION 'principal % stands for % for good', OLD.id, OLD.stands_for;
        END IF;
        IF NEW.kind IN ('agent', 'worker') OR EXISTS (
          SELECT FROM principals WHERE id = NEW.stands_for AND (stands_for IS NOT NULL OR kind IN ('agent', 'worker')))
        THEN
          RAISE EXCEPTION 'principal % cannot stand for %', NEW.id, NEW.stands_for;
        END IF;
        RETURN NEW;
      END $function$;

CREATE TABLE approvals (
  id text NOT NULL,
  promotion_id text NOT NULL,
  principal_id text NOT NULL,
  answer text NOT NULL,
  reason text NOT NULL,
  binding_digest text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT approvals_answer_check CHECK ((answer = ANY (ARRAY['approve'::text, 'reject'::text]))),
  CONSTRAINT approvals_pkey PRIMARY KEY (id),
  CONSTRAINT approvals_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES principals(id),
  CONSTRAINT approvals_promotion_id_fkey FOREIGN KEY (promotion_id) REFERENCES promotions(id),
  CONSTRAINT approvals_promotion_id_principal_id_key UNIQUE (promotion_id, principal_id)
);

CREATE TABLE artifact_chunks (
  blob_id text NOT NULL,
  seq integer NOT NULL,
  bytes bytea NOT NULL,
  CONSTRAINT artifact_chunks_pkey PRIMARY KEY (blob_id, seq),
  CONSTRAINT artifact_chunks_seq_check CHECK ((seq >= 0))
);

CREATE TABLE artifact_uploads (
  blob_id text NOT NULL,
  touched_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT artifact_uploads_pkey PRIMARY KEY (blob_id)
);

CREATE TABLE artifacts (
  id text NOT NULL,
  blob_id text NOT NULL,
  size bigint NOT NULL,
  media_type text NOT NULL,
  kind text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT artifacts_blob_id_key UNIQUE (blob_id),
  CONSTRAINT artifacts_id_check CHECK ((id ~ '^sha256:[0-9a-f]{64}$'::text)),
  CONSTRAINT artifacts_kind_check CHECK ((kind = ANY (ARRAY['patch'::text, 'log'::text, 'report'::text, 'file'::text]))),
  CONSTRAINT artifacts_pkey PRIMARY KEY (id),
  CONSTRAINT artifacts_size_check CHECK ((size >= 0))
);

CREATE TABLE attempt_log_chunks (
  attempt_id text NOT NULL,
  stream text NOT NULL,
  start bigint NOT NULL,
  bytes bytea NOT NULL,
  CONSTRAINT attempt_log_chunks_pkey PRIMARY KEY (attempt_id, stream, start),
  CONSTRAINT attempt_log_chunks_start_check CHECK ((start >= 0))
);

CREATE TABLE attempt_logs (
  attempt_id text NOT NULL,
  stream text NOT NULL,
  size bigint NOT NULL DEFAULT 0,
  truncated boolean NOT NULL DEFAULT false,
  artifact_id text,
  updated_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT attempt_logs_pkey PRIMARY KEY (attempt_id, stream),
  CONSTRAINT attempt_logs_size_check CHECK ((size >= 0)),
  CONSTRAINT attempt_logs_stream_check CHECK ((stream = ANY (ARRAY['stdout'::text, 'stderr'::text])))
);

CREATE TABLE attempts (
  id text NOT NULL,
  session_id text NOT NULL,
  number integer NOT NULL,
  purpose text NOT NULL,
  state text NOT NULL,
  reason_code text,
  reason_message text,
  wanted_kinds text[] NOT NULL,
  wanted_labels jsonb NOT NULL DEFAULT '{}'::jsonb,
  kind text,
  worker_id text,
  lease_generation integer,
  candidate_id text,
  exit_code integer,
  report jsonb,
  result jsonb,
  infra_tries integer NOT NULL DEFAULT 0,
  app_tries integer NOT NULL DEFAULT 0,
  not_before timestamp with time zone NOT NULL DEFAULT now(),
  start_deadline timestamp with time zone NOT NULL,
  version integer NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  feedback text,
  start_candidate_id text,
  rebased jsonb,
  stack jsonb,
  CONSTRAINT attempts_pkey PRIMARY KEY (id),
  CONSTRAINT attempts_purpose_check CHECK ((purpose = ANY (ARRAY['agent'::text, 'validate'::text]))),
  CONSTRAINT attempts_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id),
  CONSTRAINT attempts_session_id_purpose_number_key UNIQUE (session_id, purpose, number),
  CONSTRAINT attempts_start_candidate_id_fkey FOREIGN KEY (start_candidate_id) REFERENCES candidates(id)
);
CREATE INDEX attempts_queued ON public.attempts USING btree (purpose, id) WHERE (state = 'queued'::text);

CREATE TABLE candidates (
  id text NOT NULL,
  alias text NOT NULL,
  repository_id text NOT NULL,
  base text NOT NULL,
  base_tree text NOT NULL,
  tree text NOT NULL,
  patch text NOT NULL,
  patch_bytes bigint NOT NULL,
  files integer NOT NULL,
  spec_digest text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  patch_shape text,
  CONSTRAINT candidates_pkey PRIMARY KEY (id),
  CONSTRAINT candidates_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id)
);

CREATE TABLE checkpoints (
  id text NOT NULL,
  session_id text NOT NULL,
  seq bigint NOT NULL,
  label text,
  state jsonb NOT NULL,
  workspace_artifact text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT checkpoints_pkey PRIMARY KEY (id),
  CONSTRAINT checkpoints_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id),
  CONSTRAINT checkpoints_session_id_seq_key UNIQUE (session_id, seq)
);

CREATE TABLE effective_policies (
  digest text NOT NULL,
  policy jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT effective_policies_pkey PRIMARY KEY (digest)
);

CREATE TABLE forge_identities (
  forge text NOT NULL,
  login text NOT NULL,
  forge_user_id text,
  principal_id text NOT NULL,
  linked_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT forge_identities_forge_forge_user_id_key UNIQUE (forge, forge_user_id),
  CONSTRAINT forge_identities_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES principals(id)
);
CREATE INDEX forge_identities_principal ON public.forge_identities USING btree (principal_id);
CREATE UNIQUE INDEX forge_identities_unseen ON public.forge_identities USING btree (forge, lower(login)) WHERE (forge_user_id IS NULL);

CREATE TABLE gate_answers (
  key text NOT NULL,
  part text NOT NULL,
  answers jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT gate_answers_part_check CHECK ((part = ANY (ARRAY['static'::text, 'command'::text, 'repair'::text]))),
  CONSTRAINT gate_answers_pkey PRIMARY KEY (key)
);

CREATE TABLE idempotency_keys (
  principal_id text NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  request_sha256 text NOT NULL,
  status integer NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (principal_id, route, key),
  CONSTRAINT idempotency_keys_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES principals(id)
);
CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys USING btree (created_at);

CREATE TABLE jobs (
  id text NOT NULL,
  name text NOT NULL,
  labels jsonb NOT NULL,
  spec jsonb NOT NULL,
  spec_digest text NOT NULL,
  repository_id text,
  requested_by text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT jobs_pkey PRIMARY KEY (id),
  CONSTRAINT jobs_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id),
  CONSTRAINT jobs_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES principals(id)
);
CREATE INDEX jobs_by_name ON public.jobs USING btree (name, id);
CREATE INDEX jobs_by_repository ON public.jobs USING btree (repository_id, id);
CREATE INDEX jobs_by_requester ON public.jobs USING btree (requested_by, id);

CREATE TABLE lane_checks (
  round_id text NOT NULL,
  "position" integer NOT NULL,
  promotion_id text NOT NULL,
  candidate_id text NOT NULL,
  policy_digest text NOT NULL,
  head text NOT NULL,
  before text[] NOT NULL,
  onto text NOT NULL,
  tree text NOT NULL,
  state text NOT NULL,
  reason_code text,
  reason_message text,
  CONSTRAINT lane_checks_candidate_id_fkey FOREIGN KEY (candidate_id) REFERENCES candidates(id),
  CONSTRAINT lane_checks_pkey PRIMARY KEY (round_id, "position"),
  CONSTRAINT lane_checks_promotion_id_fkey FOREIGN KEY (promotion_id) REFERENCES promotions(id),
  CONSTRAINT lane_checks_round_id_fkey FOREIGN KEY (round_id) REFERENCES lane_rounds(id)
);
CREATE UNIQUE INDEX lane_checks_one ON public.lane_checks USING btree (promotion_id) WHERE (state <> 'void'::text);

CREATE TABLE lane_rounds (
  id text NOT NULL,
  repository_id text NOT NULL,
  target text NOT NULL,
  number integer NOT NULL,
  head text NOT NULL,
  before text[] NOT NULL,
  largest integer NOT NULL,
  window_before integer NOT NULL,
  window_after integer,
  state text NOT NULL,
  refused jsonb,
  probes jsonb NOT NULL DEFAULT '[]'::jsonb,
  reason text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  ended_at timestamp with time zone,
  CONSTRAINT lane_rounds_check CHECK (((state = 'judging'::text) = (ended_at IS NULL))),
  CONSTRAINT lane_rounds_check1 CHECK (((state = 'judging'::text) = (window_after IS NULL))),
  CONSTRAINT lane_rounds_pkey PRIMARY KEY (id),
  CONSTRAINT lane_rounds_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id),
  CONSTRAINT lane_rounds_repository_id_target_number_key UNIQUE (repository_id, target, number)
);
CREATE UNIQUE INDEX lane_rounds_one ON public.lane_rounds USING btree (repository_id, target) WHERE (state = 'judging'::text);

CREATE TABLE lane_windows (
  repository_id text NOT NULL,
  target text NOT NULL,
  size integer NOT NULL,
  CONSTRAINT lane_windows_pkey PRIMARY KEY (repository_id, target),
  CONSTRAINT lane_windows_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id),
  CONSTRAINT lane_windows_size_check CHECK ((size > 0))
);

CREATE TABLE lanes (
  repository_id text NOT NULL,
  target text NOT NULL,
  generation integer NOT NULL DEFAULT 0,
  CONSTRAINT lanes_pkey PRIMARY KEY (repository_id, target),
  CONSTRAINT lanes_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id)
);

CREATE TABLE leases (
  id text NOT NULL,
  attempt_id text NOT NULL,
  session_id text NOT NULL,
  worker_id text NOT NULL,
  generation integer NOT NULL,
  state text NOT NULL,
  kind text NOT NULL,
  token_sha256 text NOT NULL,
  granted_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  token_id text,
  CONSTRAINT leases_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES attempts(id),
  CONSTRAINT leases_pkey PRIMARY KEY (id),
  CONSTRAINT leases_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id),
  CONSTRAINT leases_session_id_generation_key UNIQUE (session_id, generation),
  CONSTRAINT leases_token_id_fkey FOREIGN KEY (token_id) REFERENCES tokens(id),
  CONSTRAINT leases_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES workers(id)
) WITH (fillfactor=70);
CREATE INDEX leases_active ON public.leases USING btree (id) WHERE (state = 'active'::text);
CREATE UNIQUE INDEX leases_one_active ON public.leases USING btree (attempt_id) WHERE (state = 'active'::text);

CREATE TABLE ledger_events (
  stream_id text NOT NULL,
  seq bigint NOT NULL,
  type text NOT NULL,
  at timestamp with time zone NOT NULL,
  actor text NOT NULL,
  lease_generation bigint,
  payload_sha256 text NOT NULL,
  prev_hash text NOT NULL,
  hash text NOT NULL,
  dedupe_key text,
  CONSTRAINT ledger_events_pkey PRIMARY KEY (stream_id, seq),
  CONSTRAINT ledger_events_seq_check CHECK ((seq > 0))
);
CREATE UNIQUE INDEX ledger_events_dedupe ON public.ledger_events USING btree (stream_id, dedupe_key) WHERE (dedupe_key IS NOT NULL);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_events FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

CREATE TABLE ledger_payloads (
  stream_id text NOT NULL,
  seq bigint NOT NULL,
  payload text,
  tombstone text,
  CONSTRAINT ledger_payloads_check CHECK (((payload IS NULL) <> (tombstone IS NULL))),
  CONSTRAINT ledger_payloads_pkey PRIMARY KEY (stream_id, seq)
);
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON public.ledger_payloads FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER only_erased BEFORE UPDATE ON public.ledger_payloads FOR EACH ROW WHEN (((old.payload IS NULL) OR (new.payload IS NOT NULL) OR (new.stream_id <> old.stream_id) OR (new.seq <> old.seq))) EXECUTE FUNCTION ledger_is_append_only();

CREATE TABLE ledger_streams (
  stream_id text NOT NULL,
  kind text NOT NULL,
  head_seq bigint NOT NULL,
  head_hash text NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  moved_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT ledger_streams_head_seq_check CHECK ((head_seq >= 0)),
  CONSTRAINT ledger_streams_kind_check CHECK ((kind = ANY (ARRAY['session'::text, 'lane'::text, 'installation'::text]))),
  CONSTRAINT ledger_streams_pkey PRIMARY KEY (stream_id)
) WITH (fillfactor=50);
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON public.ledger_streams FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER only_forward BEFORE UPDATE ON public.ledger_streams FOR EACH ROW WHEN (((new.head_seq < old.head_seq) OR (new.fence < old.fence) OR (new.stream_id <> old.stream_id))) EXECUTE FUNCTION ledger_is_append_only();

CREATE TABLE migrations (
  id integer NOT NULL DEFAULT nextval('migrations_id_seq'::regclass),
  "timestamp" bigint NOT NULL,
  name character varying NOT NULL,
  CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY (id)
);

CREATE TABLE policies (
  id text NOT NULL,
  layer text NOT NULL,
  repository_id text,
  name text NOT NULL,
  version integer NOT NULL,
  digest text NOT NULL,
  document jsonb NOT NULL,
  active boolean NOT NULL,
  created_by text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  scope text,
  CONSTRAINT policies_created_by_fkey FOREIGN KEY (created_by) REFERENCES principals(id),
  CONSTRAINT policies_pkey PRIMARY KEY (id),
  CONSTRAINT policies_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id)
);
CREATE UNIQUE INDEX policies_one_active ON public.policies USING btree (layer, COALESCE(repository_id, ''::text), COALESCE(scope, ''::text)) WHERE active;
CREATE UNIQUE INDEX policies_versions ON public.policies USING btree (layer, COALESCE(repository_id, ''::text), COALESCE(scope, ''::text), version);

CREATE TABLE policy_decisions (
  id text NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT now(),
  session_id text,
  repository_id text,
  subject jsonb,
  action text NOT NULL,
  resource text NOT NULL,
  context jsonb NOT NULL,
  effect text NOT NULL,
  rule text,
  layer jsonb,
  reason text NOT NULL,
  policy_digest text NOT NULL,
  CONSTRAINT policy_decisions_effect_check CHECK ((effect = ANY (ARRAY['permit'::text, 'forbid'::text, 'require_approval'::text]))),
  CONSTRAINT policy_decisions_pkey PRIMARY KEY (id),
  CONSTRAINT policy_decisions_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id),
  CONSTRAINT policy_decisions_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id)
);
CREATE INDEX policy_decisions_by_session ON public.policy_decisions USING btree (session_id, id);

CREATE TABLE policy_sets (
  id text NOT NULL,
  number integer NOT NULL,
  digest text NOT NULL,
  members jsonb NOT NULL,
  activated_by text,
  reason text NOT NULL,
  restores text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT policy_sets_activated_by_fkey FOREIGN KEY (activated_by) REFERENCES principals(id),
  CONSTRAINT policy_sets_number_check CHECK ((number > 0)),
  CONSTRAINT policy_sets_number_key UNIQUE (number),
  CONSTRAINT policy_sets_pkey PRIMARY KEY (id),
  CONSTRAINT policy_sets_restores_fkey FOREIGN KEY (restores) REFERENCES policy_sets(id)
);

CREATE TABLE principals (
  id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  roles text[] NOT NULL,
  disabled boolean NOT NULL DEFAULT false,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  zone text,
  embedded boolean NOT NULL DEFAULT false,
  stands_for text,
  CONSTRAINT principals_check CHECK ((stands_for <> id)),
  CONSTRAINT principals_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'service'::text, 'worker'::text, 'agent'::text]))),
  CONSTRAINT principals_name_key UNIQUE (name),
  CONSTRAINT principals_pkey PRIMARY KEY (id),
  CONSTRAINT principals_stands_for_fkey FOREIGN KEY (stands_for) REFERENCES principals(id),
  CONSTRAINT principals_zone_check CHECK ((zone = ANY (ARRAY['agent'::text, 'validator'::text]))),
  CONSTRAINT principals_zone_of_workers CHECK (((zone IS NULL) OR (kind = 'worker'::text)))
);
CREATE INDEX principals_of_person ON public.principals USING btree (stands_for) WHERE (stands_for IS NOT NULL);
CREATE TRIGGER stands_for_good BEFORE UPDATE OF stands_for ON public.principals FOR EACH ROW WHEN ((new.stands_for IS DISTINCT FROM old.stands_for)) EXECUTE FUNCTION principal_stands_for_good();

CREATE TABLE promotion_log_entries (
  repository_id text NOT NULL,
  target text NOT NULL,
  seq integer NOT NULL,
  promotion_id text NOT NULL,
  entry text NOT NULL,
  head text NOT NULL,
  digest text NOT NULL,
  commit text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT promotion_log_entries_pkey PRIMARY KEY (repository_id, target, seq),
  CONSTRAINT promotion_log_entries_promotion_id_fkey FOREIGN KEY (promotion_id) REFERENCES promotions(id),
  CONSTRAINT promotion_log_entries_promotion_id_key UNIQUE (promotion_id),
  CONSTRAINT promotion_log_entries_repository_id_target_fkey FOREIGN KEY (repository_id, target) REFERENCES promotion_logs(repository_id, target),
  CONSTRAINT promotion_log_entries_seq_check CHECK ((seq > 0))
);
CREATE UNIQUE INDEX promotion_log_entries_commit ON public.promotion_log_entries USING btree (repository_id, target, commit);

CREATE TABLE promotion_logs (
  repository_id text NOT NULL,
  target text NOT NULL,
  exported_seq integer NOT NULL DEFAULT 0,
  fault jsonb,
  looked_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT promotion_logs_pkey PRIMARY KEY (repository_id, target),
  CONSTRAINT promotion_logs_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id)
);

CREATE TABLE promotions (
  id text NOT NULL,
  candidate_id text NOT NULL,
  session_id text NOT NULL,
  verdict_id text NOT NULL,
  repository_id text NOT NULL,
  target text NOT NULL,
  requested_level text NOT NULL,
  level text NOT NULL,
  degraded_because text,
  state text NOT NULL,
  reason_code text,
  reason_message text,
  quorum integer NOT NULL,
  binding_digest text NOT NULL,
  lane_generation integer,
  branch text,
  commit text,
  published_tree text,
  superseded_by text,
  version integer NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  ended_at timestamp with time zone,
  asked_because jsonb NOT NULL DEFAULT '[]'::jsonb,
  CONSTRAINT promotions_candidate_id_fkey FOREIGN KEY (candidate_id) REFERENCES candidates(id),
  CONSTRAINT promotions_pkey PRIMARY KEY (id),
  CONSTRAINT promotions_published CHECK (((state = 'succeeded'::text) = (published_tree IS NOT NULL))),
  CONSTRAINT promotions_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id),
  CONSTRAINT promotions_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id),
  CONSTRAINT promotions_verdict_id_fkey FOREIGN KEY (verdict_id) REFERENCES verdicts(id)
);
CREATE INDEX promotions_by_session ON public.promotions USING btree (session_id, id);
CREATE INDEX promotions_by_state ON public.promotions USING btree (state, id);
CREATE UNIQUE INDEX promotions_one_active ON public.promotions USING btree (session_id) WHERE (state = ANY (ARRAY['pending'::text, 'awaiting_approval'::text, 'running'::text, 'errored'::text]));
CREATE UNIQUE INDEX promotions_one_running ON public.promotions USING btree (repository_id, target) WHERE (state = 'running'::text);
CREATE INDEX promotions_waiting ON public.promotions USING btree (repository_id, target, id) WHERE (state = 'pending'::text);

CREATE TABLE proofs (
  promotion_id text NOT NULL,
  commit text NOT NULL,
  candidate_id text NOT NULL,
  artifact text NOT NULL,
  key_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  number integer NOT NULL DEFAULT 1,
  content text,
  CONSTRAINT proofs_artifact_fkey FOREIGN KEY (artifact) REFERENCES artifacts(id),
  CONSTRAINT proofs_candidate_id_fkey FOREIGN KEY (candidate_id) REFERENCES candidates(id),
  CONSTRAINT proofs_pkey PRIMARY KEY (promotion_id, commit, number),
  CONSTRAINT proofs_promotion_id_fkey FOREIGN KEY (promotion_id) REFERENCES promotions(id)
);

CREATE TABLE pull_requests (
  id text NOT NULL,
  session_id text NOT NULL,
  repository_id text NOT NULL,
  promotion_id text NOT NULL,
  number integer NOT NULL,
  url text NOT NULL,
  branch text NOT NULL,
  target text NOT NULL,
  head text NOT NULL,
  state text NOT NULL,
  draft boolean NOT NULL,
  merged_commit text,
  version integer NOT NULL DEFAULT 0,
  opened_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  looked_at timestamp with time zone NOT NULL DEFAULT now(),
  closed_at timestamp with time zone,
  CONSTRAINT pull_requests_pkey PRIMARY KEY (id),
  CONSTRAINT pull_requests_promotion_id_fkey FOREIGN KEY (promotion_id) REFERENCES promotions(id),
  CONSTRAINT pull_requests_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id),
  CONSTRAINT pull_requests_repository_id_number_key UNIQUE (repository_id, number),
  CONSTRAINT pull_requests_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id),
  CONSTRAINT pull_requests_session_id_key UNIQUE (session_id)
);
CREATE INDEX pull_requests_to_look_at ON public.pull_requests USING btree (looked_at) WHERE (state = 'open'::text);

CREATE TABLE repositories (
  id text NOT NULL,
  name text NOT NULL,
  source text NOT NULL,
  source_kind text NOT NULL,
  mode text NOT NULL,
  default_branch text,
  mirror_fetched_at timestamp with time zone,
  mirror_warnings jsonb NOT NULL DEFAULT '[]'::jsonb,
  mirror_error text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  forge text,
  forge_id text,
  heard_at timestamp with time zone,
  heard_until timestamp with time zone,
  CONSTRAINT repositories_mode_check CHECK ((mode = ANY (ARRAY['staged'::text, 'live'::text]))),
  CONSTRAINT repositories_name_key UNIQUE (name),
  CONSTRAINT repositories_pkey PRIMARY KEY (id),
  CONSTRAINT repositories_source_kind_check CHECK ((source_kind = ANY (ARRAY['path'::text, 'https'::text, 'http'::text])))
);
CREATE INDEX repositories_forge_id ON public.repositories USING btree (forge, forge_id);

CREATE TABLE schedule_runs (
  id text NOT NULL,
  schedule_id text NOT NULL,
  due_at timestamp with time zone NOT NULL,
  state text NOT NULL,
  job_id text,
  reason_code text,
  reason_message text,
  due_times integer NOT NULL,
  last_due_at timestamp with time zone NOT NULL,
  triggered_by text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT schedule_runs_check CHECK (((state = 'submitted'::text) = (job_id IS NOT NULL))),
  CONSTRAINT schedule_runs_check1 CHECK (((state = 'submitted'::text) = (reason_code IS NULL))),
  CONSTRAINT schedule_runs_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id),
  CONSTRAINT schedule_runs_job_id_key UNIQUE (job_id),
  CONSTRAINT schedule_runs_pkey PRIMARY KEY (id),
  CONSTRAINT schedule_runs_schedule_id_due_at_key UNIQUE (schedule_id, due_at),
  CONSTRAINT schedule_runs_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES schedules(id),
  CONSTRAINT schedule_runs_triggered_by_fkey FOREIGN KEY (triggered_by) REFERENCES principals(id)
);
CREATE INDEX schedule_runs_newest ON public.schedule_runs USING btree (schedule_id, id DESC);

CREATE TABLE schedules (
  id text NOT NULL,
  name text NOT NULL,
  repository text,
  job jsonb NOT NULL,
  due_when jsonb NOT NULL,
  catch_up text NOT NULL,
  overlap text NOT NULL,
  state text NOT NULL,
  reason text,
  next_due timestamp with time zone,
  version integer NOT NULL DEFAULT 0,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT schedules_check CHECK (((state = 'active'::text) = (next_due IS NOT NULL))),
  CONSTRAINT schedules_created_by_fkey FOREIGN KEY (created_by) REFERENCES principals(id),
  CONSTRAINT schedules_pkey PRIMARY KEY (id)
);
CREATE INDEX schedules_due ON public.schedules USING btree (next_due) WHERE (state = 'active'::text);

CREATE TABLE session_candidates (
  id text NOT NULL,
  candidate_id text NOT NULL,
  session_id text NOT NULL,
  attempt_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT session_candidates_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES attempts(id),
  CONSTRAINT session_candidates_candidate_id_fkey FOREIGN KEY (candidate_id) REFERENCES candidates(id),
  CONSTRAINT session_candidates_pkey PRIMARY KEY (id),
  CONSTRAINT session_candidates_session_id_candidate_id_key UNIQUE (session_id, candidate_id),
  CONSTRAINT session_candidates_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id)
);
CREATE INDEX session_candidates_by_candidate ON public.session_candidates USING btree (candidate_id, id);

CREATE TABLE sessions (
  id text NOT NULL,
  job_id text NOT NULL,
  parent_id text,
  root_id text NOT NULL,
  path text NOT NULL,
  depth integer NOT NULL DEFAULT 0,
  forked_from text,
  state text NOT NULL,
  outcome text,
  reason_code text,
  reason_message text,
  suspended_because text,
  base_ref text,
  base_commit text,
  base_tree text,
  target text,
  policy_digest text,
  candidate_id text,
  cancel_reason text,
  lease_generation integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  ended_at timestamp with time zone,
  CONSTRAINT sessions_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id),
  CONSTRAINT sessions_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES sessions(id),
  CONSTRAINT sessions_pkey PRIMARY KEY (id)
);
CREATE INDEX sessions_by_job ON public.sessions USING btree (job_id, id);
CREATE INDEX sessions_by_parent ON public.sessions USING btree (parent_id) WHERE (parent_id IS NOT NULL);
CREATE INDEX sessions_live ON public.sessions USING btree (id) WHERE (ended_at IS NULL);

CREATE TABLE tasks (
  id text NOT NULL,
  type text NOT NULL,
  queue text NOT NULL,
  payload json NOT NULL,
  dedupe_key text,
  state text NOT NULL DEFAULT 'pending'::text,
  attempts integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL,
  run_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  relays integer NOT NULL DEFAULT 0,
  claim text,
  claimed_until timestamp with time zone,
  last_error text,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamp with time zone,
  outage_since timestamp with time zone,
  CONSTRAINT tasks_check CHECK (((state = 'running'::text) = ((claim IS NOT NULL) AND (claimed_until IS NOT NULL)))),
  CONSTRAINT tasks_check1 CHECK (((state = ANY (ARRAY['done'::text, 'dead'::text])) = (finished_at IS NOT NULL))),
  CONSTRAINT tasks_max_attempts_check CHECK ((max_attempts > 0)),
  CONSTRAINT tasks_pkey PRIMARY KEY (id),
  CONSTRAINT tasks_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'queued'::text, 'running'::text, 'done'::text, 'dead'::text])))
);
CREATE INDEX tasks_dead ON public.tasks USING btree (id) WHERE (state = 'dead'::text);
CREATE INDEX tasks_finished ON public.tasks USING btree (finished_at) WHERE (state = 'done'::text);
CREATE INDEX tasks_pending ON public.tasks USING btree (run_at, id) WHERE (state = 'pending'::text);
CREATE INDEX tasks_queued ON public.tasks USING btree (updated_at) WHERE (state = 'queued'::text);
CREATE INDEX tasks_running ON public.tasks USING btree (claimed_until) WHERE (state = 'running'::text);
CREATE UNIQUE INDEX tasks_waiting_dedupe ON public.tasks USING btree (dedupe_key) WHERE (state = ANY (ARRAY['pending'::text, 'queued'::text]));

CREATE TABLE test_baselines (
  key text NOT NULL,
  image text NOT NULL,
  commands jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT test_baselines_pkey PRIMARY KEY (key, image)
);

CREATE TABLE tokens (
  id text NOT NULL,
  principal_id text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  secret_sha256 text NOT NULL,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT tokens_kind_check CHECK ((kind = ANY (ARRAY['token'::text, 'login_code'::text, 'panel'::text]))),
  CONSTRAINT tokens_pkey PRIMARY KEY (id),
  CONSTRAINT tokens_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES principals(id),
  CONSTRAINT tokens_secret_sha256_key UNIQUE (secret_sha256)
);
CREATE INDEX tokens_by_principal ON public.tokens USING btree (principal_id, id);

CREATE TABLE tree_shapes (
  base_tree text NOT NULL,
  tree text NOT NULL,
  shape text NOT NULL,
  CONSTRAINT tree_shapes_pkey PRIMARY KEY (base_tree, tree)
);

CREATE TABLE trigger_firings (
  repository_id text NOT NULL,
  cause text NOT NULL,
  trigger_id text NOT NULL,
  number integer NOT NULL,
  job_id text NOT NULL,
  fired_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT trigger_firings_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id),
  CONSTRAINT trigger_firings_job_id_key UNIQUE (job_id),
  CONSTRAINT trigger_firings_pkey PRIMARY KEY (repository_id, cause),
  CONSTRAINT trigger_firings_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id),
  CONSTRAINT trigger_firings_trigger_id_fkey FOREIGN KEY (trigger_id) REFERENCES triggers(id)
);
CREATE INDEX trigger_firings_of_issue ON public.trigger_firings USING btree (repository_id, number, job_id);

CREATE TABLE triggers (
  id text NOT NULL,
  repository_id text NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  digest text NOT NULL,
  document jsonb NOT NULL,
  fires_on text NOT NULL,
  state text NOT NULL,
  current boolean NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT triggers_created_by_fkey FOREIGN KEY (created_by) REFERENCES principals(id),
  CONSTRAINT triggers_pkey PRIMARY KEY (id),
  CONSTRAINT triggers_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id),
  CONSTRAINT triggers_repository_id_name_version_key UNIQUE (repository_id, name, version)
);
CREATE UNIQUE INDEX triggers_current ON public.triggers USING btree (repository_id, name) WHERE current;
CREATE UNIQUE INDEX triggers_fires_on ON public.triggers USING btree (repository_id, fires_on) WHERE current;

CREATE TABLE verdicts (
  id text NOT NULL,
  candidate_id text NOT NULL,
  session_id text NOT NULL,
  outcome text NOT NULL,
  approvals_needed boolean NOT NULL,
  policy_digest text NOT NULL,
  gate_set_digest text NOT NULL,
  static_digest text NOT NULL,
  cached boolean NOT NULL,
  gates jsonb NOT NULL,
  decided_at timestamp with time zone NOT NULL DEFAULT now(),
  unweighed jsonb NOT NULL DEFAULT '[]'::jsonb,
  repair jsonb,
  CONSTRAINT verdicts_candidate_id_fkey FOREIGN KEY (candidate_id) REFERENCES candidates(id),
  CONSTRAINT verdicts_pkey PRIMARY KEY (id),
  CONSTRAINT verdicts_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id)
);
CREATE INDEX verdicts_latest ON public.verdicts USING btree (session_id, candidate_id, id DESC);

CREATE TABLE webhook_deliveries (
  id text NOT NULL,
  delivery_id text NOT NULL,
  event text NOT NULL,
  action text,
  repository_id text,
  body bytea NOT NULL,
  state text NOT NULL DEFAULT 'received'::text,
  outcome jsonb,
  received_at timestamp with time zone NOT NULL DEFAULT now(),
  handled_at timestamp with time zone,
  cause text,
  CONSTRAINT webhook_deliveries_delivery_id_key UNIQUE (delivery_id),
  CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_deliveries_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES repositories(id)
);
CREATE INDEX webhook_deliveries_cause ON public.webhook_deliveries USING btree (repository_id, cause) WHERE (cause IS NOT NULL);
CREATE UNIQUE INDEX webhook_deliveries_effect ON public.webhook_deliveries USING btree (repository_id, cause) WHERE (state = 'handled'::text);

CREATE TABLE workers (
  id text NOT NULL,
  principal_id text NOT NULL,
  name text NOT NULL,
  zone text NOT NULL,
  state text NOT NULL,
  sandboxes jsonb NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}'::jsonb,
  version text NOT NULL,
  slots integer NOT NULL,
  last_seen_at timestamp with time zone NOT NULL DEFAULT now(),
  registered_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT workers_name_key UNIQUE (name),
  CONSTRAINT workers_pkey PRIMARY KEY (id),
  CONSTRAINT workers_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES principals(id),
  CONSTRAINT workers_zone_check CHECK ((zone = ANY (ARRAY['agent'::text, 'validator'::text])))
);
