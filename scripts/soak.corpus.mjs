// The corpus loop: real commits, made once by an agent in the workspace and once handed in as a patch, must end in
// branches whose tree is the commit's, to the last bit.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { actAs, readDocument, untilOver } from './plane.mjs';
import { agentOf, changesOf, ignoredByBase, predictedRefusal } from './soak.commit.mjs';
import { makeOddHistory } from './soak.odd.mjs';
import { clone, say } from './step.mjs';

const atOnce = 4;

const git = (repo, ...args) => execFileSync('git', ['-C', repo, ...args], { encoding: 'utf8' }).trim();

/** Commits with one parent, oldest first. */
const historyOf = (repo) =>
  git(repo, 'rev-list', '--no-merges', '--reverse', '--parents', 'HEAD')
    .split('\n')
    .map((line) => line.split(' '))
    .filter((ids) => ids.length === 2)
    .map(([id, parent]) => ({ id, parent }));

/** A patch as people hand it in: every second one as mail. */
const patchOf = (repo, { id, parent }, asMail) => {
  const how = ['--binary', '--full-index', '--no-renames'];
  const args = asMail
    ? ['format-patch', '--stdout', ...how, '-1', id]
    : ['diff-tree', '-p', ...how, parent, id];
  return execFileSync('git', ['-C', repo, ...args], { maxBuffer: 1 << 30 });
};

/** Registers a clone of the history, so that nothing is ever written to the original. */
const register = async ({ plane, admin, name, source }) => {
  const path = join(plane.folder, name);
  execFileSync('git', ['clone', '-q', '--no-hardlinks', source, path]);
  await admin.call('repositories.add', {
    body: { name, source: path, mode: 'live' },
    idempotencyKey: randomUUID(),
  });
  return { name, path, main: git(path, 'rev-parse', 'HEAD') };
};

/** Submits one form of a commit and waits; answers what became of it. */
const replay = async ({ client, target, commit, agent, form }) => {
  const spec = {
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: `corpus-${form}`, labels: { commit: commit.id } },
    spec: {
      repository: target.name,
      base: commit.parent,
      goal: `Make commit ${commit.id}`,
      agent,
      limits: { execution: '5m', scheduleToStart: '30m' },
    },
  };
  const accepted = await client.call('jobs.create', { body: spec, idempotencyKey: randomUUID() });
  const job = await untilOver(client, accepted.id, { limitMs: 600_000 });
  const { items } = await client.call('promotions.list', { query: { sessionId: accepted.sessionId } });
  const { items: candidates } = await client.call('candidates.list', { query: { jobId: accepted.id } });
  const codes = (candidates[0]?.verdict?.gates ?? []).flatMap(({ findings }) =>
    findings.filter(({ severity }) => severity === 'block').map(({ code }) => code),
  );
  const published = items.find(({ state }) => state === 'succeeded');
  return { phase: job.phase, reason: job.reason, codes, branch: published?.result?.branch };
};

const judge = ({ tally, target, commit, form, refusal, answer }) => {
  const what = `${commit.id.slice(0, 12)} of ${target.name} by ${form}`;
  const said = () => `${answer.phase}: ${JSON.stringify(answer.reason)}`;
  if (commit.changes.length === 0)
    return tally.expect(answer.phase === 'noop', () => `${what} is no noop but ${said()}`);
  if (refusal !== undefined)
    return tally.expect(
      answer.phase === 'refused' && (answer.codes.includes(refusal) || answer.reason?.code === refusal),
      () => `${what} is not refused as ${refusal} but ${said()} ${answer.codes}`,
    );
  if (!tally.expect(answer.branch, () => `${what} has no branch: ${said()}`)) return false;
  const is = git(target.path, 'rev-parse', `${answer.branch}^{tree}`, `${answer.branch}^`).split('\n');
  const wanted = [git(target.path, 'rev-parse', `${commit.id}^{tree}`), commit.parent];
  tally.expect(is[1] === wanted[1], `${what}: the parent of ${answer.branch} is ${is[1]}`);
  return tally.expect(is[0] === wanted[0], `${what}: ${answer.branch} has tree ${is[0]}, not ${wanted[0]}`);
};

/** Both forms of one commit; answers whether both ended in its tree. */
const both = async ({ client, tally, target, commit, counts, number }) => {
  commit.changes = changesOf(target.path, commit);
  const refusal = predictedRefusal(commit.changes);
  const ignored = ignoredByBase(target.path, commit);
  const byAgent = agentOf(target.path, commit);
  const why = byAgent.why ?? (ignored.length > 0 ? 'adds what its base ignores' : undefined);
  const forms = [];
  if (commit.changes.length > 0) {
    const body = patchOf(target.path, commit, number % 2 === 1);
    const { id } = await client.call('artifacts.create', { body });
    forms.push(['a patch', { adapter: 'patch', artifact: id }]);
  }
  if (why === undefined) forms.push(['an agent', byAgent.agent]);
  else counts.agentless[why] = (counts.agentless[why] ?? 0) + 1;
  const held = await Promise.all(
    forms.map(async ([form, agent]) => {
      const answer = await replay({ client, target, commit, agent, form: form.split(' ')[1] });
      return judge({ tally, target, commit, form, refusal, answer });
    }),
  );
  if (refusal !== undefined) counts.refused[refusal] = (counts.refused[refusal] ?? 0) + 1;
  else if (commit.changes.length === 0) counts.empty += 1;
  else if (why === undefined && held.every(Boolean)) counts.whole += 1;
};

/** Runs through the commits until enough of them went through whole in both forms. */
const through = async ({ commits, wanted, ...rest }) => {
  const counts = { seen: 0, whole: 0, empty: 0, refused: {}, agentless: {} };
  const left = commits[Symbol.iterator]();
  const hand = async () => {
    for (const commit of left) {
      const number = counts.seen++;
      await both({ ...rest, commit, counts, number });
      if (counts.whole >= wanted || rest.tally.failed > 20) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, wanted) }, hand));
  const list = (found) =>
    Object.entries(found)
      .map(([what, n]) => `, ${n} ${what}`)
      .join('');
  say(
    `${rest.target.name}: of ${counts.seen} commits ${counts.whole} ended whole in both forms` +
      `${counts.empty ? `, ${counts.empty} empty` : ''}; refused as predicted: ${list(counts.refused).slice(2) || 'none'}` +
      `; by patch only: ${list(counts.agentless).slice(2) || 'none'}`,
  );
  return counts;
};

export const corpusLoop = async ({ plane, share, next, tally }) => {
  const wanted = Math.max(1, Math.round(50 * share));
  const source = resolve(process.env.REPO || clone);
  await plane.start({ GATEHOUSE_LEASE_TTL: '30s', GATEHOUSE_LEASE_MARGIN: '5s' });
  const { admin } = plane;
  const policy = readDocument(join(clone, 'examples', 'policies', 'open.yaml'));
  await admin.call('policies.store', { body: policy, idempotencyKey: randomUUID() });
  const client = await actAs(admin, 'corpus-requester', ['requester']);
  const real = await register({ plane, admin, name: 'history', source });
  const all = historyOf(real.path);
  const from = Math.floor(next() * Math.max(1, all.length - wanted));
  // Consecutive from a place of chance; round the end where refusals made the rest too short.
  const commits = [...all.slice(from), ...all.slice(0, from)];
  say(
    `History of ${source}: ${all.length} commits with one parent; from number ${from + 1} on, ${wanted} wanted`,
  );
  const counts = await through({ client, tally, target: real, commits, wanted });
  tally.expect(
    counts.whole >= Math.min(wanted, all.length),
    `only ${counts.whole} of ${wanted} commits of ${source} went through whole`,
  );
  const odd = await register({
    plane,
    admin,
    name: 'odd',
    source: makeOddHistory(join(plane.folder, 'odd-source')),
  });
  const every = historyOf(odd.path);
  // Few of them in a short run, and other ones with every seed.
  const few = share >= 0.5 ? every : every.filter((_, i) => (i + from) % 4 === 0);
  await through({ client, tally, target: odd, commits: few, wanted: few.length });
  for (const { name, path, main } of [real, odd])
    tally.expect(git(path, 'rev-parse', 'HEAD') === main, `the checked-out branch of ${name} was moved`);
  const report = await admin.call('ledger.verify', { query: {}, timeoutMs: 300_000 });
  tally.expect(report.ok, () => `the ledger: ${report.faults.map(({ message }) => message).join(' ')}`);
};
