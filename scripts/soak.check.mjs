// The outside checker of the soak: acknowledgements, the API's answers, and what git says of the target.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { finalPhases } from './plane.mjs';

/** Asks again while a part is still coming up. */
const patiently = async (ask) => {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries > 120 || (error?.status && error.status < 500)) throw error;
      await sleep(500);
    }
  }
};

/** Waits until every acknowledged job is over, then answers what is wrong, in words. */
export const check = async ({ admin, target, acknowledged, limitMs }) => {
  const faults = [];
  const phases = {};
  const end = Date.now() + limitMs;
  for (const job of acknowledged) {
    let now = await patiently(() => admin.call('jobs.get', { params: { id: job.id } }));
    for (; !finalPhases.has(now.phase) && Date.now() < end; await sleep(500))
      now = await patiently(() => admin.call('jobs.get', { params: { id: job.id } }));
    phases[now.phase] = (phases[now.phase] ?? 0) + 1;
    const wanted = job.noop ? 'noop' : 'promoted';
    if (now.phase !== wanted)
      faults.push(`${job.id} is ${now.phase}, not ${wanted} (${now.reason ?? 'no reason'})`);
    const session = await patiently(() => admin.call('sessions.get', { params: { id: job.sessionId } }));
    if (session.state !== 'ended')
      faults.push(`${job.sessionId} of ${job.id} is ${session.state}, not ended`);
  }
  const ids = new Set();
  for await (const { id } of admin.pages('jobs.list')) ids.add(id);
  for (const { id } of acknowledged) if (!ids.has(id)) faults.push(`${id} was acknowledged and is gone`);
  if (ids.size > acknowledged.length)
    faults.push(
      `${ids.size} jobs are there for ${acknowledged.length} that were handed in: some were made twice`,
    );
  faults.push(...(await branchFaults({ admin, target, acknowledged })));
  const report = await patiently(() => admin.call('ledger.verify', { query: {}, timeoutMs: 300_000 }));
  if (!report.ok) for (const fault of report.faults) faults.push(`ledger: ${fault.message}`);
  process.stdout.write(
    `Jobs: ${Object.entries(phases)
      .map(([phase, n]) => `${n} ${phase}`)
      .join(', ')}. Ledger: ${report.events} events in ${report.streams} streams.\n`,
  );
  return faults;
};

const git = (target, ...args) => execFileSync('git', ['-C', target, ...args], { encoding: 'utf8' }).trim();

/** Each change on one branch of its own, with the base as parent and the one file as its only difference. */
const branchFaults = async ({ admin, target, acknowledged }) => {
  const faults = [];
  const base = git(target, 'rev-parse', 'main');
  const left = new Set(
    git(target, 'for-each-ref', '--format=%(refname:short)', 'refs/heads')
      .split('\n')
      .filter((name) => name !== 'main'),
  );
  for (const job of acknowledged) {
    const { items } = await admin.call('promotions.list', { query: { sessionId: job.sessionId } });
    const done = items.filter(({ state }) => state === 'succeeded');
    if (job.noop) {
      if (items.length > 0) faults.push(`${job.id} changed nothing and has ${items.length} promotions`);
      continue;
    }
    if (done.length !== 1) {
      faults.push(`${job.id} has ${done.length} promotions that succeeded, not one`);
      continue;
    }
    const { branch, commit } = done[0].result;
    if (!left.delete(branch)) {
      faults.push(`${job.id}: branch ${branch} is not in the target, or belongs to two sessions`);
      continue;
    }
    if (git(target, 'rev-parse', branch) !== commit)
      faults.push(`${job.id}: ${branch} is not the recorded commit`);
    if (git(target, 'rev-parse', `${branch}^`) !== base)
      faults.push(`${job.id}: the parent of ${branch} is not the base`);
    if (git(target, 'diff-tree', '-r', '--name-only', base, branch) !== job.file)
      faults.push(`${job.id}: ${branch} changes something else than ${job.file}`);
    else if (`${git(target, 'show', `${branch}:${job.file}`)}\n` !== job.content)
      faults.push(`${job.id}: ${job.file} in ${branch} is not what the agent wrote`);
  }
  for (const branch of left) faults.push(`${branch} is in the target and belongs to no session`);
  return faults;
};
