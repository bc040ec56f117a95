// The drift loop: jobs race a target that others move while they are judged and published. Whatever is published stands
// on the commit that its verdict was about, and has the tree that plain git merges.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { actAs, untilOver } from './plane.mjs';
import { inTurn } from './soak.tally.mjs';
import { say } from './step.mjs';

const races = 200;
const files = 12;
const rows = 30;
const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];

/** A repository that several write to: every change is a commit made beside the work tree. */
class Shared {
  constructor(path) {
    this.path = path;
    mkdirSync(path);
    execFileSync('git', ['init', '-q', '-b', 'main', path]);
    for (let i = 0; i < files; i += 1)
      writeFileSync(
        join(path, `f${i}`),
        this.text(() => 'old'),
      );
    this.git('add', '.');
    this.git('commit', '-qm', 'Begin');
  }

  git(...args) {
    return execFileSync('git', [...identity, '-C', this.path, ...args])
      .toString()
      .trim();
  }

  text(line) {
    return Array.from({ length: rows }, (_, i) => `${i} ${line(i)}\n`).join('');
  }

  /** A commit on another one, in which one line of one file is new. */
  changed(parent, { file, line, word }) {
    const before = this.git('show', `${parent}:f${file}`).split('\n');
    before[line] = `${line} ${word}`;
    const blob = execFileSync('git', ['-C', this.path, 'hash-object', '-w', '--stdin'], {
      input: `${before.join('\n')}\n`,
    });
    const entries = this.git('ls-tree', parent)
      .split('\n')
      .map((entry) =>
        entry.endsWith(`\tf${file}`) ? `100644 blob ${blob.toString().trim()}\tf${file}` : entry,
      );
    const tree = execFileSync('git', ['-C', this.path, 'mktree'], { input: `${entries.join('\n')}\n` });
    return this.git('commit-tree', tree.toString().trim(), '-p', parent, '-m', word);
  }

  /** Somebody else's push. */
  move(change) {
    const head = this.git('rev-parse', 'main');
    this.git('update-ref', 'refs/heads/main', this.changed(head, change), head);
  }

  /** What plain git makes of both; null where it finds a conflict. */
  merged(one, other) {
    const args = [...identity, '-C', this.path, 'merge-tree', '--write-tree', one, other];
    const { status, stdout } = spawnSync('git', args);
    return status === 0 ? stdout.toString().trim() : null;
  }
}

const submit = async (client, shared, theirs) => {
  const [base, patch] = [`${theirs}^`, ['diff', '--binary', '--full-index', '--no-renames']];
  const body = execFileSync('git', ['-C', shared.path, ...patch, base, theirs]);
  const { id: artifact } = await client.call('artifacts.create', { body });
  const spec = {
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: 'race' },
    spec: {
      repository: 'drift',
      base: shared.git('rev-parse', base),
      goal: 'Race a target that moves',
      agent: { adapter: 'patch', artifact },
      promotion: { level: 'branch', target: 'main' },
      limits: { scheduleToStart: '30m' },
    },
  };
  return client.call('jobs.create', { body: spec, idempotencyKey: randomUUID() });
};

const judge = async ({ client, shared, tally, theirs, accepted, counts }) => {
  const job = await untilOver(client, accepted.id, { limitMs: 600_000 });
  const { items } = await client.call('promotions.list', { query: { sessionId: accepted.sessionId } });
  counts.rounds += items.filter(({ reason }) => reason?.code === 'promotion.target_moved').length;
  const done = items.find(({ state }) => state === 'succeeded');
  if (done === undefined) {
    counts.conflicts += 1;
    const head = /to ([0-9a-f]{40})/.exec(job.reason ?? '')?.[1];
    const conflicts = head !== undefined && shared.merged(head, theirs) === null;
    tally.expect(conflicts, () => `${accepted.id} ended ${job.phase} ${job.reason}, and plain git merges it`);
    return;
  }
  counts.published += 1;
  const { branch } = done.result;
  const [parents, tree] = [
    shared.git('rev-parse', `${branch}^@`),
    shared.git('rev-parse', `${branch}^{tree}`),
  ];
  const candidate = await client.call('candidates.get', { params: { id: done.candidateId } });
  tally.expect(
    candidate.base === parents && candidate.tree === tree && candidate.verdict?.outcome === 'pass',
    () => `${branch} stands on ${parents}, and its verdict is about ${candidate.base}`,
  );
  tally.expect(
    shared.merged(parents, theirs) === tree,
    () => `${branch} has tree ${tree}, which plain git does not merge`,
  );
  const onMain = spawnSync('git', ['-C', shared.path, 'merge-base', '--is-ancestor', parents, 'main']);
  tally.expect(onMain.status === 0, () => `${branch} stands on ${parents}, which main never was`);
};

export const driftLoop = async ({ plane, share, next, tally }) => {
  await plane.start({ GATEHOUSE_LEASE_TTL: '30s', GATEHOUSE_LEASE_MARGIN: '5s' });
  const shared = new Shared(join(plane.folder, 'drift'));
  await plane.admin.call('repositories.add', {
    body: { name: 'drift', source: shared.path, mode: 'live' },
    idempotencyKey: randomUUID(),
  });
  const client = await actAs(plane.admin, 'drift-requester', ['requester']);
  const wanted = Math.ceil(races * share);
  const counts = { published: 0, conflicts: 0, rounds: 0 };
  const some = (n) => Math.floor(next() * n);
  const list = Array.from({ length: wanted }, (_, number) => number);
  await inTurn(
    tally,
    list,
    async (number) => {
      const change = { file: some(files), line: some(rows) };
      const theirs = shared.changed(shared.git('rev-parse', 'main'), { ...change, word: `ours ${number}` });
      const accepted = await submit(client, shared, theirs);
      // Once at any time, once while something is being published; one in eight on the very line.
      const move = (word) =>
        shared.move(
          some(8) === 0
            ? { ...change, word }
            : { file: (change.file + 1 + some(files - 1)) % files, line: some(rows), word },
        );
      const pause = some(1_500);
      const sharp = some(2) === 0;
      await sleep(pause);
      if (sharp) await plane.untilBusy('promoter', 1_500);
      move(`theirs ${number}`);
      await judge({ client, shared, tally, theirs, accepted, counts });
    },
    2,
  );
  say(
    `${wanted} races: ${counts.published} published, ${counts.conflicts} conflicts, ${counts.rounds} times the target had moved`,
  );
  tally.expect(counts.rounds * 5 >= wanted, () => `the target moved ${counts.rounds} times only: no race`);
  const report = await plane.admin.call('ledger.verify', { query: {}, timeoutMs: 300_000 });
  tally.expect(report.ok, () => `the ledger: ${report.faults.map(({ message }) => message).join(' ')}`);
};
