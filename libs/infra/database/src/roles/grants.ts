import type { PlaneRole } from './plane.role.js';

type Verb = 'select' | 'insert' | 'update' | 'delete';

/** A right on these columns only. */
type Columns = { readonly [K in 'select' | 'insert' | 'update']?: readonly string[] };

/** What one process may do with one table. */
export type Grant = readonly (Verb | Columns)[];

/** One row per table: what api, engine and promoter may do with it. */
export type TableGrants = Readonly<Record<PlaneRole, Grant>>;

const read = ['select'] as const;
const append = ['select', 'insert'] as const;
const write = ['select', 'insert', 'update'] as const;
const all = ['select', 'insert', 'update', 'delete'] as const;
const none = [] as const;

const only = (role: PlaneRole, grant: Grant, others: Grant = read): TableGrants => ({
  api: others,
  engine: others,
  promoter: others,
  [role]: grant,
});
const everyone = (grant: Grant): TableGrants => ({ api: grant, engine: grant, promoter: grant });

/**
 * All of a promotion but what says that something was published: that is the promoter's word alone (I3). The table
 * itself holds that a promotion has succeeded exactly where it names the published tree.
 */
const unpublished = [
  'state',
  'level',
  'degraded_because',
  'reason_code',
  'reason_message',
  'quorum',
  'asked_because',
  'binding_digest',
  'verdict_id',
  'superseded_by',
  'version',
  'updated_at',
  'ended_at',
] as const;
/** What a new promotion is about; nobody changes that. */
const subject = [
  'id',
  'candidate_id',
  'session_id',
  'repository_id',
  'target',
  'requested_level',
  'created_at',
] as const;
/** A row can be locked by whoever may change something of it. */
const lockOnly: Columns = { update: ['updated_at'] };

/**
 * The rights of each process, table by table. Nobody but the owner of the schema changes the schema, and nobody
 * changes or removes an event; a table that is not here is readable for nobody.
 */
export const grants: Readonly<Record<string, TableGrants>> = {
  // Who judges must not approve, and who approves must not judge (I7): people act through the api alone.
  approvals: only('api', write),
  // The promoter stores the proofs that it signs.
  artifact_chunks: { api: all, engine: all, promoter: append },
  artifact_uploads: everyone(all),
  artifacts: everyone(append),
  attempt_log_chunks: { api: all, engine: all, promoter: none },
  attempt_logs: { api: write, engine: write, promoter: none },
  attempts: { api: write, engine: write, promoter: read },
  candidates: only('engine', append),
  checkpoints: only('engine', append),
  effective_policies: { api: append, engine: append, promoter: read },
  // Who says which account is whose can speak for anybody.
  forge_identities: { api: write, engine: none, promoter: none },
  gate_answers: only('engine', append),
  idempotency_keys: only('api', all, none),
  jobs: { api: append, engine: append, promoter: read },
  // The engine judges stacks; the promoter says of a judgement that it says nothing any more.
  lane_checks: {
    api: read,
    engine: write,
    promoter: ['select', { update: ['state', 'reason_code', 'reason_message'] }],
  },
  lane_rounds: { api: read, engine: write, promoter: read },
  lane_windows: { api: read, engine: write, promoter: none },
  lanes: only('promoter', write),
  leases: { api: write, engine: write, promoter: read },
  ledger_events: everyone(append),
  // Only who holds the signing key can leave the tombstone of an erased payload.
  ledger_payloads: only('engine', [...append, { update: ['payload', 'tombstone'] }], append),
  ledger_streams: everyone(write),
  migrations: everyone(read),
  policies: only('api', [...append, { update: ['active'] }]),
  // The sweep of the engine removes what is older than it is to be kept.
  policy_decisions: only('engine', [...append, 'delete'], append),
  policy_sets: only('api', append),
  principals: only('api', write),
  // What the promoter has signed nobody changes, and nobody else adds to it.
  promotion_log_entries: only('promoter', append),
  promotion_logs: only('promoter', write),
  proofs: only('promoter', append),
  promotions: {
    api: ['select', { update: unpublished }],
    engine: ['select', { insert: [...subject, ...unpublished], update: unpublished }],
    promoter: ['select', 'update'],
  },
  // Only the promoter makes one; what people did with it the engine reads from the forge (I3).
  pull_requests: {
    api: read,
    engine: [
      'select',
      { update: ['state', 'draft', 'merged_commit', 'closed_at', 'looked_at', 'version', 'updated_at'] },
    ],
    promoter: write,
  },
  // The engine follows where they are; whether anything is published from one is people's word.
  repositories: {
    api: write,
    engine: [
      'select',
      {
        update: [
          ...['name', 'source', 'forge_id', 'default_branch'],
          ...['mirror_fetched_at', 'mirror_warnings', 'mirror_error'],
        ],
      },
    ],
    promoter: read,
  },
  // The sweep of the engine removes what was kept long enough.
  schedule_runs: { api: append, engine: [...append, 'delete'], promoter: none },
  // The engine lets their clocks go on; what they say is people's.
  schedules: {
    api: write,
    engine: ['select', { update: ['state', 'reason', 'next_due'] }],
    promoter: none,
  },
  session_candidates: only('engine', append),
  sessions: { api: write, engine: write, promoter: ['select', lockOnly] },
  tasks: everyone(all),
  test_baselines: { api: read, engine: append, promoter: none },
  // The sweep of the engine ends the leases of a token that was revoked; what opens anything it never sees.
  tokens: { api: write, engine: [{ select: ['id', 'revoked_at'] }], promoter: none },
  tree_shapes: only('engine', append),
  trigger_firings: { api: append, engine: read, promoter: none },
  triggers: { api: write, engine: read, promoter: none },
  verdicts: only('engine', append),
  // Only the door, which has seen the signature, can say that something came; the sweep of the engine removes it.
  webhook_deliveries: {
    api: write,
    engine: [
      'select',
      { update: ['state', 'action', 'repository_id', 'outcome', 'cause', 'handled_at'] },
      'delete',
    ],
    promoter: none,
  },
  workers: { api: write, engine: ['select', 'update'], promoter: none },
};

const wordsOf = (grant: Grant): string =>
  grant
    .flatMap((right) =>
      typeof right === 'string'
        ? [right]
        : Object.entries(right).map(([verb, columns]) => `${verb} (${columns.join(', ')})`),
    )
    .join(', ');

/** The statements that give `login` the rights of a process and take every other one. */
export const grantStatements = (role: PlaneRole, login: string, tables: readonly string[]): string[] => [
  `revoke all on all tables in schema public from ${login}`,
  `revoke all on all sequences in schema public from ${login}`,
  `revoke all on schema public from ${login}`,
  `grant usage on schema public to ${login}`,
  ...tables.flatMap((table) => {
    const words = wordsOf(grants[table]?.[role] ?? none);
    return words === '' ? [] : [`grant ${words} on public.${table} to ${login}`];
  }),
];

/** The queue's own schema: its functions run with the rights of who calls them. */
export const queueStatements = (login: string): string[] => [
  `grant usage on schema bullmq to ${login}`,
  `grant select, insert, update, delete on all tables in schema bullmq to ${login}`,
  `grant usage, select, update on all sequences in schema bullmq to ${login}`,
];
