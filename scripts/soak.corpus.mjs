// The corpus loop: every commit of two real repositories, handed in as a patch, and some of them made by an agent in
// the workspace too, must end in branches whose tree is the commit's, to the last bit. Then every verdict is verified.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { actAs, readDocument, untilOver } from './plane.mjs';
import { agentOf, changesOf, ignoredByBase, predictedRefusal } from './soak.commit.mjs';
import { makeOddHistory } from './soak.odd.mjs';
import { inTurn } from './soak.tally.mjs';
import { verifyVerdicts } from './soak.verify.mjs';
import { makeVersionHistory } from './soak.versions.mjs';
import { clone, say } from './step.mjs';

/** Bound of a run on some other clone with a long history. */
const mostCommits = 500;

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

const targetAt = (commit) => `at/${commit}`;

/** Registers a clone of the history, so that nothing is ever written to the original. */
const register = async ({ plane, admin, name, source }) => {
  const path = join(plane.folder, name);
  execFileSync('git', ['clone', '-q', '--no-hardlinks', source, path]);
  // Each replay has its base for a target, which nobody moves.
  const refs = git(path, 'rev-list', 'HEAD').split('\n');
  const input = refs.map((id) => `create refs/heads/${targetAt(id)} ${id}\n`).join('');
  execFileSync('git', ['-C', path, 'update-ref', '--stdin'], { input });
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
      promotion: { target: targetAt(commit.parent) },
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
  const tree = candidates[0]?.tree;
  return { phase: job.phase, reason: job.reason, codes, tree, branch: published?.result?.branch };
};

/** Answers whether the form led to a candidate with the tree of the commit. */
const judge = ({ tally, target, commit, form, refusal, answer }) => {
  const what = `${commit.id.slice(0, 12)} of ${target.name} by ${form}`;
  const said = () => `${answer.phase}: ${JSON.stringify(answer.reason)}`;
  if (commit.changes.length === 0)
    return tally.expect(answer.phase === 'noop', () => `${what} is no noop but ${said()}`);
  const tree = git(target.path, 'rev-parse', `${commit.id}^{tree}`);
  if (refusal !== undefined) {
    tally.expect(
      answer.phase === 'refused' && (answer.codes.includes(refusal) || answer.reason?.code === refusal),
      () => `${what} is not refused as ${refusal} but ${said()} ${answer.codes}`,
    );
    // Refused for what it is, and not for having become something else; an agent's work is harvested without leftovers.
    if (form !== 'a patch' || answer.tree === undefined) return false;
    return tally.expect(answer.tree === tree, `${what}: the candidate has tree ${answer.tree}, not ${tree}`);
  }
  if (!tally.expect(answer.branch, () => `${what} has no branch: ${said()}`)) return false;
  const is = git(target.path, 'rev-parse', `${answer.branch}^{tree}`, `${answer.branch}^`).split('\n');
  tally.expect(is[1] === commit.parent, `${what}: the parent of ${answer.branch} is ${is[1]}`);
  tally.expect(answer.tree === tree, `${what}: the candidate has tree ${answer.tree}, not ${tree}`);
  return tally.expect(is[0] === tree, `${what}: ${answer.branch} has tree ${is[0]}, not ${tree}`);
};

/** The history of a package's versions, or why there is none on this machine. */
const versionsOrWhy = (folder, how) => {
  try {
    return { path: makeVersionHistory(folder, how) };
  } catch (error) {
    return { why: `npm does not hand out the package whose versions are replayed: ${error.message}` };
  }
};

/** One commit by patch, and by an agent too where that is wanted and can be. */
const forms = async ({ client, tally, target, commit, counts, number, byAgentToo }) => {
  commit.changes = changesOf(target.path, commit);
  const refusal = predictedRefusal(commit.changes);
  const byAgent = byAgentToo ? agentOf(target.path, commit) : {};
  const isIgnored = byAgentToo && ignoredByBase(target.path, commit).length > 0;
  const why = byAgent.why ?? (isIgnored ? 'adds what its base ignores' : undefined);
  const inBoth = byAgentToo && why === undefined && refusal === undefined && commit.changes.length > 0;
  // Counted before anything is waited for: the next commits ask whether an agent is still to make one.
  if (inBoth) counts.byAgent += 1;
  const wanted = [];
  if (commit.changes.length > 0) {
    const body = patchOf(target.path, commit, number % 2 === 1);
    const { id } = await client.call('artifacts.create', { body });
    wanted.push(['a patch', { adapter: 'patch', artifact: id }]);
  }
  if (byAgentToo && why === undefined) wanted.push(['an agent', byAgent.agent]);
  if (why !== undefined) counts.agentless[why] = (counts.agentless[why] ?? 0) + 1;
  const held = await Promise.all(
    wanted.map(async ([form, agent]) => {
      const answer = await replay({ client, target, commit, agent, form: form.split(' ')[1] });
      return judge({ tally, target, commit, form, refusal, answer });
    }),
  );
  if (refusal !== undefined) counts.refused[refusal] = (counts.refused[refusal] ?? 0) + 1;
  if (commit.changes.length === 0) counts.empty += 1;
  else if (held[0]) counts.same += 1;
  if (inBoth && held.every(Boolean)) counts.whole += 1;
};

/** Runs through the commits, by agent too until enough of them went through whole in both forms. */
const through = async ({ commits, both, tally, target, client }) => {
  const counts = { seen: 0, same: 0, byAgent: 0, whole: 0, empty: 0, refused: {}, agentless: {} };
  const began = Date.now();
  await inTurn(tally, commits, async (commit) => {
    const number = counts.seen++;
    await forms({ client, tally, target, commit, counts, number, byAgentToo: counts.byAgent < both });
  });
  const list = (found) =>
    Object.entries(found)
      .map(([what, n]) => `, ${n} ${what}`)
      .join('');
  say(
    `${target.name}: of ${counts.seen} commits ${counts.same} have candidates with the very tree, ` +
      `${counts.whole} in both forms${counts.empty ? `, ${counts.empty} empty` : ''}; ` +
      `refused as predicted: ${list(counts.refused).slice(2) || 'none'}; ` +
      `no agent can: ${list(counts.agentless).slice(2) || 'none'} (${((Date.now() - began) / 1000).toFixed(0)} s)`,
  );
  return counts;
};

/** As many consecutive ones as asked for, from a place of chance. */
const someOf = (commits, wanted, next) => {
  const from = Math.floor(next() * Math.max(1, commits.length - wanted + 1));
  return commits.slice(from, from + wanted);
};

export const corpusLoop = async ({ plane, share, next, tally }) => {
  const source = resolve(process.env.REPO || clone);
  await plane.start({ GATEHOUSE_LEASE_TTL: '30s', GATEHOUSE_LEASE_MARGIN: '5s' });
  const { admin } = plane;
  const policy = readDocument(join(clone, 'examples', 'policies', 'open.yaml'));
  await admin.call('policies.store', { body: policy, idempotencyKey: randomUUID() });
  const client = await actAs(admin, 'corpus-requester', ['requester']);
  const targets = [];
  const replayed = async (name, from, pick) => {
    const target = await register({ plane, admin, name, source: from });
    targets.push(target);
    const all = historyOf(target.path);
    const { commits, both, atLeast = both } = pick(all);
    say(`${name}: ${all.length} commits with one parent, of which ${commits.length} are replayed`);
    const counts = await through({ client, tally, target, commits, both });
    tally.expect(
      counts.whole >= atLeast,
      `only ${counts.whole} of ${atLeast} commits of ${name} went through whole in both forms`,
    );
    return counts.same;
  };

  let pairs = await replayed('history', source, (all) => {
    const most = Math.min(all.length, mostCommits);
    if (most < all.length) say(`Of ${all.length} commits of ${source} no more than ${most} are looked at`);
    const commits = someOf(all, Math.max(1, Math.round(most * Math.min(share, 1))), next);
    return { commits, both: Math.min(commits.length, Math.max(1, Math.round(50 * share))) };
  });
  const versions = versionsOrWhy(join(plane.folder, 'versions-source'), { share, next });
  if (versions.path !== undefined)
    pairs += await replayed('versions', versions.path, (commits) => ({
      commits,
      both: Math.ceil(commits.length / 10),
    }));
  else if (process.env.CI) tally.expect(false, versions.why);
  else tally.skip(versions.why);
  if (versions.path !== undefined && process.env.REPO === undefined)
    tally.expect(
      pairs >= Math.floor(300 * Math.min(share, 1)),
      `only ${pairs} pairs of commit and candidate in two real repositories`,
    );
  say(`${pairs} commits of real repositories and their candidates have the same tree`);

  const place = Math.floor(next() * 4);
  await replayed('odd', makeOddHistory(join(plane.folder, 'odd-source')), (all) => ({
    // Few of them in a short run, and other ones with every seed.
    commits: share >= 0.5 ? all : all.filter((_, i) => (i + place) % 4 === 0),
    both: all.length,
    // Few are refused, as is predicted.
    atLeast: 1,
  }));
  for (const { name, path, main } of targets)
    tally.expect(git(path, 'rev-parse', 'HEAD') === main, `the checked-out branch of ${name} was moved`);
  const enough = Math.ceil(200 * Math.min(share, 1));
  await verifyVerdicts({ plane, tally, next, atLeast: enough, atMost: 1.25 * enough });
  const report = await admin.call('ledger.verify', { query: {}, timeoutMs: 300_000 });
  tally.expect(report.ok, () => `the ledger: ${report.faults.map(({ message }) => message).join(' ')}`);
};
