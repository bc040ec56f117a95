// Who may import whom. A value moves right, an import points left:
//   contracts ← proof, infra ← ledger ← session ← policy ← capability ← validation ← promotion ← orchestration ← trigger ← apps
// Lint reads this file; docs/architecture.md is printed from it.
const left = [
  'ledger',
  'session',
  'policy',
  'capability',
  'validation',
  'promotion',
  'orchestration',
  'trigger',
];
const under = ['contracts', 'proof', 'database', 'tasks', 'git', 'forge'];
const domain = Object.fromEntries(left.map((room, i) => [room, [...under, ...left.slice(0, i)]]));
const server = [...under, ...left];

/** Room → the rooms it may import. */
export const rooms = {
  contracts: [],
  proof: ['contracts'],
  client: ['contracts'],
  database: ['contracts'],
  tasks: ['contracts', 'database'],
  git: ['contracts'],
  forge: ['contracts'],
  sandbox: ['contracts'],
  health: ['contracts', 'database', 'git'],
  ...domain,
  api: [...server, 'health'],
  engine: server,
  promoter: server,
  worker: ['contracts', 'client', 'git', 'sandbox'],
  cli: ['contracts', 'client', 'proof', 'git'],
  panel: ['contracts', 'client'],
  launcher: ['contracts', 'proof', 'client', 'database', 'tasks', 'git', 'forge', 'sandbox', 'health'],
  e2e: ['contracts', 'client', 'proof', 'forge'],
};

/** Package → the only rooms that may import it. */
export const owners = {
  dockerode: ['sandbox'],
  casbin: ['policy'],
  bullmq: ['tasks'],
  ioredis: ['tasks'],
  pg: ['database'],
  canonicalize: ['proof'],
  react: ['panel'],
  '@mantine/*': ['panel'],
  fastify: ['api'],
  '@fastify/*': ['api'],
  '@octokit/*': ['forge'],
  'cron-parser': ['trigger'],
};

/** typeorm may be imported only by files with these endings, and by the database room. */
export const typeormFiles = ['**/*.entity.ts', '**/*.repository.ts', '**/*.migration.ts'];

export const depConstraints = Object.entries(rooms).map(([room, imports]) => ({
  sourceTag: `room:${room}`,
  onlyDependOnLibsWithTags: [`room:${room}`, ...imports.map((r) => `room:${r}`)],
  bannedExternalImports: Object.entries(owners)
    .filter(([, who]) => !who.includes(room))
    .map(([pkg]) => pkg),
}));
