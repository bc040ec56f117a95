// The hostile loop: every patch of the corpus handed in through the API, under the default policy. Nothing hostile is
// ever published, and what is honest and only looks so passes, or asks a person where that is meant.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { actAs } from './plane.mjs';
import { inTurn } from './soak.tally.mjs';
import { verifyVerdicts } from './soak.verify.mjs';
import { clone, say } from './step.mjs';

const room = join(clone, 'libs', 'domain', 'validation', 'dist', 'corpus');

const git = (repo, ...args) => execFileSync('git', ['-C', repo, ...args], { encoding: 'latin1' }).trim();

/** Waits until the job is over or waits for a person. */
const untilSettled = async (client, id) => {
  for (const end = Date.now() + 300_000; Date.now() < end; await sleep(200)) {
    const job = await client.call('jobs.get', { params: { id } });
    if (job.endedAt !== null || job.phase === 'awaiting_approval') return job;
  }
  throw new Error(`Job ${id} did not settle within five minutes.`);
};

/** Hands a patch in; answers how it ended, or with which status it was turned away. */
const handIn = async (client, repository, base, patch) => {
  try {
    const { id: artifact } = await client.call('artifacts.create', { body: patch });
    const body = {
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Job',
      metadata: { name: 'handed-in' },
      spec: {
        repository,
        base,
        goal: 'See what becomes of a patch',
        agent: { adapter: 'patch', artifact },
        limits: { scheduleToStart: '30m' },
      },
    };
    const accepted = await client.call('jobs.create', { body, idempotencyKey: randomUUID() });
    const job = await untilSettled(client, accepted.id);
    const session = await client.call('sessions.get', { params: { id: accepted.sessionId } });
    const { items } = await client.call('candidates.list', { query: { jobId: accepted.id } });
    const findings = (items[0]?.verdict?.gates ?? []).flatMap((gate) => gate.findings);
    const { items: promotions } = await client.call('promotions.list', {
      query: { sessionId: accepted.sessionId },
    });
    const branch = promotions.find(({ state }) => state === 'succeeded')?.result?.branch;
    const codes = findings.filter(({ severity }) => severity !== 'warn').map(({ code }) => code);
    // Where there is no tree there is no candidate: the session says why.
    if (codes.length === 0 && session.reason !== null) codes.push(session.reason.code);
    return { phase: job.phase, reason: job.reason ?? '', codes, branch };
  } catch (error) {
    if (error?.status >= 400 && error.status < 500)
      return { phase: 'turned_away', reason: error.message, codes: [error.code] };
    throw error;
  }
};

/** What git by itself does with the patch. */
const byGit = (corpus, bytes) => {
  try {
    return corpus.applied(bytes.subarray(Math.max(bytes.indexOf('diff --git '), 0)));
  } catch {
    return null;
  }
};

const judgeHostile = ({ tally, attack, answer, plain, source, counts }) => {
  const what = `hostile ${JSON.stringify(attack.name.slice(0, 80))}`;
  const said = () => `${answer.phase} ${answer.codes.join(' ')} ${answer.reason}`;
  if (attack.ends === 'tree') {
    // Odd in form only: it may be refused by policy, but what is published is what git makes of it.
    if (answer.branch !== undefined)
      tally.expect(
        git(source, 'rev-parse', `${answer.branch}^{tree}`) === plain,
        () => `${what}: the branch has another tree than git makes`,
      );
    else
      tally.expect(
        ['refused', 'awaiting_approval', 'turned_away'].includes(answer.phase),
        () => `${what} ended ${said()}`,
      );
    counts[answer.branch === undefined ? 'odd, not published' : 'odd, with the tree of git'] += 1;
    return;
  }
  counts[plain === null ? 'refused by git too' : 'taken by plain git'] += 1;
  const ends = [attack.ends].flat();
  const expected = ends.includes('noop') && answer.phase === 'noop';
  tally.expect(answer.branch === undefined && answer.phase !== 'promoted', () => `${what} was published`);
  const stopped = ['refused', 'awaiting_approval', 'turned_away'].includes(answer.phase);
  tally.expect(expected || stopped, () => `${what} ended ${said()}`);
  // The default policy may object earlier and to something else; an objection there must be.
  tally.expect(
    expected || answer.codes.length > 0 || ends.some((code) => answer.reason.includes(code)),
    () => `${what} gives no reason: ${said()}`,
  );
};

const judgeBenign = ({ tally, change, answer, after, source, counts }) => {
  const what = `honest ${JSON.stringify(change.name)}`;
  const said = () => `${answer.phase} ${answer.codes.join(' ')} ${answer.reason}`;
  if (change.asks !== undefined) {
    counts['honest, asks a person as meant'] += 1;
    const meant = answer.codes.every((code) => change.asks.includes(code));
    tally.expect(answer.phase === 'awaiting_approval' && meant, () => `${what} ended ${said()}`);
    return;
  }
  counts['honest, published'] += 1;
  if (!tally.expect(answer.branch !== undefined, () => `${what} ended ${said()}`)) return;
  tally.expect(
    git(source, 'rev-parse', `${answer.branch}^{tree}`) === after,
    () => `${what}: the branch has another tree`,
  );
};

/** Some of them, other ones with every seed, never none. */
const someOf = (list, share, next) => {
  if (share >= 1) return list;
  const step = Math.max(1, Math.round(1 / share));
  const from = Math.floor(next() * step);
  return list.filter((_, i) => i % step === from % Math.min(step, list.length));
};

/** The corpora make their repositories below TMPDIR, where the plane may read; what runs later finds it as it was. */
export const hostileLoop = async (loop) => {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = loop.plane.folder;
  try {
    await handAllIn(loop);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
};

const handAllIn = async ({ plane, share, next, tally }) => {
  const { Corpus } = await import(join(room, 'corpus.fixture.js'));
  const { attackGroups } = await import(join(room, 'attack.groups.fixture.js'));
  const { benignChanges, benignFiles } = await import(join(room, 'benign.corpus.fixture.js'));
  await plane.start({ GATEHOUSE_LEASE_TTL: '30s', GATEHOUSE_LEASE_MARGIN: '5s' });
  const client = await actAs(plane.admin, 'hostile-requester', ['requester']);
  const counts = Object.fromEntries(
    [
      'taken by plain git',
      'refused by git too',
      'odd, with the tree of git',
      'odd, not published',
      'honest, published',
      'honest, asks a person as meant',
    ].map((name) => [name, 0]),
  );
  const open = async (name, files) => {
    const corpus = await new Corpus().start(files);
    await plane.admin.call('repositories.add', {
      body: { name, source: corpus.source, mode: 'live' },
      idempotencyKey: randomUUID(),
    });
    return corpus;
  };

  const hostile = await open('hostile');
  const attacks = someOf(
    // Those with rules of their own are about another policy than the default.
    attackGroups.flatMap(([, list]) => list.filter(({ rules }) => rules === undefined)),
    share,
    next,
  );
  // Made one after the other, as some of them build trees in the repository's index.
  const made = attacks.map((attack) => {
    const bytes = Buffer.from(attack.patch(hostile), 'latin1');
    return { attack, bytes, base: hostile.base, plain: byGit(hostile, bytes) };
  });
  await inTurn(tally, made, async ({ attack, bytes, base, plain }) => {
    const answer = await handIn(client, 'hostile', base, bytes);
    judgeHostile({ tally, attack, answer, plain, source: hostile.source, counts });
  });

  const benign = await open('benign', benignFiles);
  const before = git(benign.source, 'rev-parse', `${benign.base}^{tree}`);
  const changes = someOf(benignChanges, share, next).map((change) => {
    const after = benign.changed(change.files, benignFiles);
    return { change, after, bytes: benign.diff(before, after) };
  });
  await inTurn(tally, changes, async ({ change, after, bytes }) => {
    const answer = await handIn(client, 'benign', benign.base, bytes);
    judgeBenign({ tally, change, answer, after, source: benign.source, counts });
  });

  say(
    `${made.length} hostile and ${changes.length} honest patches: ${Object.entries(counts)
      .map(([name, n]) => `${n} ${name}`)
      .join(', ')}`,
  );
  await verifyVerdicts({ plane, tally });
  const wanted = git(hostile.source, 'rev-parse', 'main');
  tally.expect(wanted === hostile.base, 'the main branch of the hostile repository was moved');
  const report = await plane.admin.call('ledger.verify', { query: {}, timeoutMs: 300_000 });
  tally.expect(report.ok, () => `the ledger: ${report.faults.map(({ message }) => message).join(' ')}`);
  await Promise.all([hostile.stop(), benign.stop()]);
};
