// make demo: three jobs on a clone of a real repository, from spec to branch.
//   REPO=path names another repository, SANDBOX=docker_sandbox or process_sandbox the only kind of sandbox to use.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { branchProof, cloneOf } from './demo.git.mjs';
import { actAs, adminOf, launch, readDocument, untilOver } from './plane.mjs';
import { clone, say, stop } from './step.mjs';

const source = resolve(process.env.REPO || clone);
if (!existsSync(source)) stop(`REPO=${source} does not exist. Give the path of a git repository.`);
const sandboxes = ['docker_sandbox', 'process_sandbox'];
if (process.env.SANDBOX && !sandboxes.includes(process.env.SANDBOX))
  stop(`SANDBOX=${process.env.SANDBOX} is not a kind of sandbox. Give one of ${sandboxes.join(', ')}.`);
const read = (name) => readDocument(join(clone, 'examples', name));

say('Starting the plane, where it does not run yet');
const plane = await launch('start');
if (plane.code !== 0) stop(plane.error ?? 'The plane did not start. Run make doctor.');
const admin = adminOf(plane);

const folder = join(plane.dataDir, 'demo');
mkdirSync(folder, { recursive: true, mode: 0o700 });
const target = await cloneOf(source, folder);
say(`Target: ${target}, a clone of ${source}`);

/** The repository of the demo: `demo`, or with a number where that name belongs to another path. */
const register = async () => {
  const taken = new Map();
  for await (const one of admin.pages('repositories.list')) taken.set(one.name, one);
  const known = [...taken.values()].find((one) => one.source === target);
  if (known?.mode === 'live') return known;
  if (known) return admin.call('repositories.change', { params: { id: known.id }, body: { mode: 'live' } });
  let name = 'demo';
  for (let i = 2; taken.has(name); i++) name = `demo-${i}`;
  const body = { name, source: target, mode: 'live' };
  return admin.call('repositories.add', { body, idempotencyKey: randomUUID() });
};
const repository = await register();
const policy = read('policies/demo-approval.yaml');
policy.metadata.repository = repository.name;
await admin.call('policies.store', { body: policy, idempotencyKey: randomUUID() });
const requester = await actAs(admin, 'demo-requester', ['requester']);
const approver = await actAs(admin, 'demo-approver', ['approver']);
say(
  `Registered as ${repository.name}, live; its policy asks for one approval. Two people: demo-requester, demo-approver.\n`,
);

/** Answers yes, as somebody who looked at exactly this candidate. */
const approve = async (job) => {
  const { items } = await approver.call('promotions.list', { query: { sessionId: job.sessionId } });
  for (const promotion of items.filter(({ state }) => state === 'awaiting_approval')) {
    await approver.call('approvals.answer', {
      params: { id: promotion.id },
      body: { answer: 'approve', reason: 'Looks right.', candidateId: promotion.candidateId },
    });
    say('    demo-approver says yes');
  }
};

const runJob = async (file) => {
  const spec = read(file);
  spec.spec.repository = repository.name;
  if (process.env.SANDBOX) spec.spec.requires = { ...spec.spec.requires, kinds: [process.env.SANDBOX] };
  const job = await requester.call('jobs.create', { body: spec, idempotencyKey: randomUUID() });
  say(`examples/${file} → ${job.id}`);
  const began = Date.now();
  const over = await untilOver(requester, job.id, {
    onPhase: async ({ phase, reason, sessionId }) => {
      say(
        `  ${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${phase}${reason ? `: ${reason}` : ''}`,
      );
      if (phase === 'awaiting_approval') await approve({ sessionId });
    },
  });
  const { items } = await requester.call('sessions.attempts', { params: { id: over.sessionId } });
  say(`           the agent ran in ${items.map(({ capability }) => capability ?? 'no sandbox').join(', ')}`);
  return over;
};

const faults = [];
const expectPhase = (job, phase) => {
  if (job.phase !== phase)
    faults.push(`${job.name} ended as ${job.phase}, not as ${phase} (${job.reason ?? 'no reason'})`);
  return job.phase === phase;
};

const changed = await runJob('change-a-file.yaml');
const misbehaved = await runJob('misbehave.yaml');
const idle = await runJob('change-nothing.yaml');

say('\n1. The change');
if (expectPhase(changed, 'promoted')) {
  const { items } = await requester.call('promotions.list', { query: { sessionId: changed.sessionId } });
  const { result } = items.find(({ state }) => state === 'succeeded') ?? {};
  const proof = await branchProof(target, { branch: result?.branch, base: changed.base.commit });
  say(proof.log);
  for (const [words, holds] of proof.facts) {
    say(`   ${holds ? 'yes' : 'NO '}  ${words}`);
    if (!holds) faults.push(`not true: ${words}`);
  }
}

say('\n2. The agent that misbehaved');
if (expectPhase(misbehaved, 'refused')) {
  const { items } = await requester.call('candidates.list', { query: { jobId: misbehaved.id } });
  for (const { findings } of items[0]?.verdict?.gates ?? [])
    for (const { severity, code, path, message } of findings)
      if (severity === 'block') say(`   refused  ${code}${path ? ` ${path}` : ''}: ${message}`);
  const { items: attempts } = await requester.call('sessions.attempts', {
    params: { id: misbehaved.sessionId },
  });
  for (const { report } of attempts)
    if (report?.killedProcesses) say(`   ended    ${report.killedProcesses} process(es) that it left behind`);
}

say('\n3. The one with nothing to do');
if (expectPhase(idle, 'noop')) say('   noop: nothing changed, nothing published');

const { panelLink } = await launch('start', { quiet: true });
say(`\nThe panel goes on running: ${panelLink}`);
say('(the link opens once within ten minutes; `make start` gives another, `make stop` ends everything)');
if (faults.length > 0) stop(`\nThe demo is not what it should be:\n  ${faults.join('\n  ')}`);
