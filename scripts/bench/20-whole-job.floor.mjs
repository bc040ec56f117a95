// The floor of row 20: the same git work and the same gates by the same functions, no more of them at once than the
// plane runs, and between them a commit for each step, on eight connections. No HTTP, no states, no chain, no tasks.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { clone } from '../step.mjs';

const connections = 8;
/** Of one kind of git work at once, as in engine and promoter. */
const gitAtOnce = 4;
const lib = (path) => import(join(clone, 'libs', path));
const identity = { name: 'Gatehouse', email: 'gatehouse@localhost' };
const before = ['submitted', 'leased', 'started'];
const handedIn = ['patch stored', 'handed in'];
const judged = ['candidate', 'verdict', 'promotion asked for'];
const published = ['published', 'session ended'];

const lane = (width) => {
  const waiting = [];
  let running = 0;
  return async (work) => {
    if (running >= width) await new Promise((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
};

const gitWork = async (root, sources, proofBytes, atEnd) => {
  const git = await lib('infra/git/dist/index.js');
  const { SecretScanner } = await lib('domain/validation/dist/index.js');
  const { judge } = await lib('domain/validation/dist/candidate/candidate.judge.js');
  const { defaultInstallationPolicy, mergeLayers } = await lib('domain/policy/dist/index.js');
  const { candidateId } = await lib('proof/dist/index.js');
  const spawner = new git.Spawner();
  atEnd(() => spawner.close());
  const runner = new git.GitRunner(spawner);
  const secrets = new SecretScanner();
  atEnd(() => secrets.close());
  secrets.start();
  const quarantineRoot = join(root, 'floor-quarantine');
  mkdirSync(quarantineRoot);
  const rules = defaultInstallationPolicy.spec;
  const merge = mergeLayers([{ layer: 'installation', name: 'bench', rules }]);
  if (!merge.ok) throw new Error(merge.message);
  const { policy } = merge;
  const places = new Map();
  for (const { name, gitDir } of sources) {
    const access = { roots: [root], allowLoopbackHttp: false };
    const parsed = git.parseSource(gitDir, access);
    if (!parsed.ok) throw new Error(parsed.reason);
    const found = await git.locateSource(parsed.source, access);
    if (!found.ok) throw new Error(found.reason);
    const mirror = new git.Mirror(runner, join(root, `floor-${name}.git`));
    await mirror.ensure();
    const fetched = await mirror.fetch(found.located);
    if (!fetched.ok) throw new Error(fetched.message);
    places.set(name, { located: found.located, mirror });
  }
  const answers = { cached: async () => undefined, repair: async () => undefined };
  const onError = (gate, error) => {
    throw new Error(`The gate ${gate} broke.`, { cause: error });
  };
  const specDigest = 'a'.repeat(64);
  return {
    judge: async ({ source, patch, digest, tree, report }) => {
      const id = randomUUID();
      const answer = await judge(
        { git: runner, answers, secrets, onError },
        {
          ...{ sessionId: id, attemptId: id, repositoryId: source.name, quarantineRoot, policy, specDigest },
          ...{ patch, patchArtifact: digest, declaredSha256: digest.slice(7), declaredTree: tree },
          mirrorDir: places.get(source.name).mirror.gitDir,
          base: { commit: source.base },
          reachableFrom: 'main',
          lease: {
            ...{ generation: 1, currentGeneration: 1 },
            ...{ sessionMatches: true, repositoryMatches: true, baseMatches: true },
          },
          harvest: { made: 'harvested', report },
          bait: { tokens: [], log: Buffer.alloc(0) },
        },
      );
      if (!answer.passedSoFar || answer.tree !== tree) throw new Error('the gates of the floor did not pass');
    },
    publish: async ({ source, patch, digest, tree }) => {
      const { located, mirror } = places.get(source.name);
      const quarantine = await git.openQuarantine(quarantineRoot, mirror.gitDir);
      try {
        const applied = await git.applyPatch(runner, quarantine, source.base, patch);
        if (!applied.ok) throw new Error(applied.detail);
        const [date, message] = [new Date('2026-11-21T00:00:00Z'), `Floor ${randomUUID()}`];
        const commit = await git.commitTree(quarantine.gitDir, {
          ...{ tree: applied.tree, parents: [source.base], message, date },
          ...{ author: identity, committer: identity },
        });
        const made = { base: source.base, tree, patchSha256: digest.slice(7), jobSpecDigest: specDigest };
        const proof = await git.publishProof(runner, located, quarantine.gitDir, {
          ...{ candidateId: candidateId(made), message, identity, date },
          bytes: Buffer.from(randomBytes(proofBytes / 2).toString('hex')),
        });
        if (!proof.ok) throw new Error(proof.message);
        const ref = `refs/heads/gatehouse/floor-${randomUUID()}`;
        const now = await git.readRemoteRefs(runner, located, [ref, 'refs/heads/main']);
        if (!now.ok) throw new Error(now.message);
        const wanted = { commit, ref, expected: null, before: { ok: true, oid: undefined } };
        const answer = await git.publishBranch(runner, located, quarantine.gitDir, wanted);
        if (!answer.ok || answer.tree !== tree) throw new Error(answer.message);
      } finally {
        await quarantine.remove();
      }
    },
  };
};

/**
 * `walBytes`: what a job of ours writes, which the commits of a floor's job share. `proofBytes`: size of our proofs.
 * Answers `run(changes)`, all at once, and `runWrites(count)`, the commits alone.
 */
export const openFloor = async ({ url, root, sources, events, walBytes, proofBytes, atEnd }) => {
  const work = await gitWork(root, sources, proofBytes, atEnd);
  const pool = new pg.Pool({ connectionString: url, max: connections });
  atEnd(() => pool.end());
  await pool.query('CREATE TABLE floor_steps (id text PRIMARY KEY, step text NOT NULL, body bytea NOT NULL)');
  await pool.query('ALTER TABLE floor_steps ALTER body SET STORAGE EXTERNAL');
  const commits = before.length + events + handedIn.length + judged.length + 1 + 1 + published.length;
  // A row, its index and its commit take some 250 bytes beside the body.
  const bodyBytes = Math.max(Math.round(walBytes / commits) - 250, 16);
  const write = (step) =>
    pool.query({
      name: 'floor',
      text: 'INSERT INTO floor_steps VALUES ($1, $2, $3)',
      values: [randomUUID(), step, randomBytes(bodyBytes)],
    });
  const writes = async (steps) => {
    for (const step of steps) await write(step);
  };
  const notes = Array.from({ length: events }, (_, i) => `event ${i}`);
  const judging = lane(gitAtOnce);
  const publishing = lane(gitAtOnce);
  const job = async (change) => {
    await writes([...before, ...notes, ...handedIn]);
    if (change !== undefined) await judging(() => work.judge(change));
    await writes([...judged, 'promotion taken']);
    if (change !== undefined) await publishing(() => work.publish(change));
    await writes(['proof stored', ...published]);
  };
  return {
    commits,
    run: (changes) => Promise.all(changes.map(job)),
    runWrites: (count) => Promise.all(Array.from({ length: count }, () => job())),
  };
};
