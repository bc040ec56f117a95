// The outside checker, first part: what was acknowledged, what the API says, and what git says of the targets.
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { git } from './soak.load.mjs';
import { say } from './step.mjs';

/** Waits until every acknowledged job is over, then holds each against what it must come to. */
export const checkJobs = async ({ plane, load, targets, tally, limitMs }) => {
  const { admin } = plane;
  const phases = {};
  const end = Date.now() + limitMs;
  for (const job of load.jobs) {
    let now = await load.look(job);
    for (; now && now.endedAt === null && Date.now() < end; now = await load.look(job)) {
      await load.approveAll();
      await sleep(300);
    }
    await job.cancel;
    if (!tally.expect(now !== undefined, `${job.kind} ${job.id} was acknowledged and is gone`)) continue;
    phases[now.phase] = (phases[now.phase] ?? 0) + 1;
    tally.expect(
      job.ends.includes(now.phase),
      () => `${job.kind} ${job.id} is ${now.phase}, not ${job.ends} (${now.reason?.message ?? 'no reason'})`,
    );
    const session = await admin.call('sessions.get', { params: { id: job.sessionId } });
    tally.expect(session.state === 'ended', `${job.sessionId} of ${job.kind} ${job.id} is ${session.state}`);
  }
  const words = Object.entries(phases).map(([phase, n]) => `${n} ${phase}`);
  say(`Jobs: ${words.join(', ')}.`);
  const ids = new Set();
  for await (const { id } of admin.pages('jobs.list')) ids.add(id);
  for (const { id } of load.jobs) ids.delete(id);
  tally.expect(ids.size === 0, () => `jobs that were never acknowledged: ${[...ids].join(' ')}`);
  for (const target of Object.values(targets)) checkTarget({ target, load, tally });
  const report = await admin.call('ledger.verify', { query: {}, timeoutMs: 300_000 });
  tally.expect(report.ok, () => `the ledger: ${report.faults.map(({ message }) => message).join(' ')}`);
  tally.expect(report.checkpoint !== null, 'the ledger was held against no signed checkpoint');
  say(`Ledger: ${report.events} events in ${report.streams} streams.`);
};

const refsOf = (path) =>
  new Map(
    git(path, 'for-each-ref', '--format=%(refname) %(objectname)')
      .split('\n')
      .map((line) => line.split(' ')),
  );

/** Each change on one branch of its own with the base as parent; nothing else in the repository moved. */
const checkTarget = ({ target, load, tally }) => {
  const { path, base, name } = target;
  const refs = refsOf(path);
  const at = (ref) => refs.get(`refs/heads/${ref}`);
  tally.expect(at('main') === base, `main of ${name} was moved`);
  tally.expect(git(path, 'symbolic-ref', 'HEAD') === 'refs/heads/main', `HEAD of ${name} was changed`);
  tally.expect(git(path, 'status', '--porcelain') === '', `the work tree of ${name} was changed`);
  refs.delete('refs/heads/main');
  for (const job of load.jobs.filter((one) => one.target === target)) {
    const branch = `gatehouse/${job.sessionId.toLowerCase()}-${job.jobName}`;
    const commit = at(branch);
    refs.delete(`refs/heads/${branch}`);
    if (job.squatted) {
      tally.expect(commit === base, `${branch}, made by somebody else, was overwritten`);
      continue;
    }
    if (!job.publishes) {
      tally.expect(commit === undefined, `${job.kind} ${job.id} (${job.ends}) has a branch`);
      continue;
    }
    if (!tally.expect(commit !== undefined, `${job.kind} ${job.id} has no branch in ${name}`)) continue;
    const parents = git(path, 'rev-list', '--parents', '-n', '1', commit).split(' ').slice(1);
    tally.expect(parents.join(' ') === base, `the parent of ${branch} is not the base`);
    const changed = git(path, 'diff-tree', '-r', '--name-only', base, commit);
    tally.expect(changed === job.file, `${branch} changes ${changed}, not ${job.file}`);
    const content = spawnSync('git', ['-C', path, 'show', `${commit}:${job.file}`], { encoding: 'utf8' });
    tally.expect(content.stdout === job.content, `${job.file} in ${branch} is not what the agent wrote`);
    const candidate = git(
      path,
      'log',
      '-1',
      '--format=%(trailers:key=Gatehouse-Candidate,valueonly)',
      commit,
    );
    const proof = `refs/gatehouse/proof/${candidate.trim()}`;
    tally.expect(refs.has(proof), `${branch} has no proof`);
  }
  // A proof is there before its branch: where that could not be pushed, it stays.
  for (const ref of refs.keys())
    if (ref.startsWith('refs/gatehouse/proof/cnd_') || ref.startsWith('refs/gatehouse/log/main-'))
      refs.delete(ref);
  for (const ref of refs.keys()) tally.expect(false, `${ref} is in ${name} and belongs to no job`);
  const fsck = spawnSync('git', ['-C', path, 'fsck', '--strict', '--no-dangling'], { encoding: 'utf8' });
  tally.expect(fsck.status === 0, () => `git fsck of ${name}: ${fsck.stdout}${fsck.stderr}`);
};
