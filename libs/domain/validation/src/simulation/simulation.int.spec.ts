import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JobSpec, PolicyDocument, type PolicyRules, type SimulatePolicy } from '@gatehouse/contracts';
import {
  layerOfJob,
  mergeLayers,
  PolicySetService,
  PolicyTrialService,
  rawPathOfText,
} from '@gatehouse/policy';
import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CandidateFixture } from '../candidate/candidate.fixture.js';
import type { JudgeInput, Judgement } from '../candidate/candidate.judge.js';
import { SimulationService } from './simulation.service.js';
import type { VerdictEntity } from '../verdict/verdict.entity.js';

let plane: CandidateFixture;
beforeAll(async () => {
  plane = await CandidateFixture.start();
});
afterAll(() => plane?.stop());

const spec = JobSpec.parse({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Job',
  metadata: { name: 'change' },
  spec: {
    repository: 'work',
    base: 'main',
    goal: 'Change it',
    agent: { adapter: 'command', command: ['true'] },
  },
});

const many =
  (count: number, size = 1) =>
  () => {
    for (let i = 0; i < count; i += 1) plane.write(`src/many-${count}-${i}.txt`, 'x\n'.repeat(size));
  };
const changes: (() => void)[] = [
  () => plane.write('README.md', 'one\n2\nthree\n'),
  () => plane.write('docs/a.md', 'text\n'),
  () => plane.write('src/a.ts', 'export const a = 1;\n'),
  () => plane.write('.github/workflows/x.yml', 'on: push\n'),
  () => plane.write('.github/CODEOWNERS', '* @ann\n'),
  () => plane.write('Makefile', 'all:\n\ttrue\n'),
  () => plane.write('logs/run.log', 'x\n'),
  () => plane.write('dist/out.js', 'x\n'),
  many(3),
  many(6),
  many(1, 3000),
  () => {
    plane.write('run.sh', '#!/bin/sh\n');
    chmodSync(join(plane.work, 'run.sh'), 0o755);
  },
  () => symlinkSync('README.md', join(plane.work, 'link')),
  () => symlinkSync('/etc/passwd', join(plane.work, 'out')),
  () => plane.write('src/evil.ts', 'const a = "x\u202ey";\n'),
  () => plane.write('b/Read.md', `${'long '.repeat(400)}\n`),
];

const document = (rules: PolicyRules): PolicyDocument =>
  PolicyDocument.parse({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Policy',
    metadata: { name: 'stricter', layer: 'installation' },
    spec: rules,
  });

const shown = (verdict: VerdictEntity | null): string => {
  if (verdict === null) return 'fail';
  return verdict.outcome === 'pass' && verdict.approvalsNeeded ? 'pass_with_approval' : verdict.outcome;
};

/** The fixture leaves them empty. */
const describeJobs = () =>
  plane.database.dataSource.query(`UPDATE jobs SET spec = $1`, [JSON.stringify(spec)]);

interface Judged {
  readonly input: JudgeInput;
  readonly judgement: Judgement;
  readonly verdict: VerdictEntity | null;
}

/** Judges under the policy in force, in a session of its own, as the engine would. */
const judge = async (patch: Buffer): Promise<Judged> => {
  const layersFor = await plane.part(PolicyTrialService).active();
  const merged = mergeLayers([...layersFor('work'), layerOfJob('5'.repeat(64), spec)]);
  if (!merged.ok) throw new Error(merged.message);
  const { policy } = merged;
  await plane.database.dataSource.query(
    `INSERT INTO effective_policies (digest, policy) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
    [policy.digest, JSON.stringify(policy)],
  );
  const input = { ...(await plane.input(plane.base, patch)), policy };
  const judgement = await plane.service.judge(input);
  // A patch over the limits ends before there is a tree: refused, without a candidate.
  if (judgement.tree === null) return { input, judgement, verdict: null };
  const candidate = await plane.save(input, judgement);
  const { sessionId } = input;
  const verdict = await plane.changes.run((change) =>
    plane.service.decide(change, { candidate, sessionId, policy, judgement, outcomes: null }),
  );
  return { input, judgement, verdict };
};

/** The same verdict again and again, each of a session of its own. */
const repeat = async ({ input, judgement, verdict }: Judged, times: number) => {
  const verdicts = [verdict!];
  for (let i = 0; i < times; i += 1) {
    const again = { ...input, ...(await plane.attempt()) };
    const candidate = await plane.save(again, judgement);
    const { sessionId, policy } = again;
    verdicts.push(
      await plane.changes.run((change) =>
        plane.service.decide(change, { candidate, sessionId, policy, judgement, outcomes: null }),
      ),
    );
  }
  return verdicts;
};

const simulate = (asked: SimulatePolicy) => plane.part(SimulationService).simulate(asked);

describe('a simulation', () => {
  it('names exactly the verdicts that flip once the policy is active', async () => {
    const patches = changes.map((change) => plane.patch(change));
    const stored: VerdictEntity[][] = [];
    for (const patch of patches) stored.push(await repeat(await judge(patch), 20));
    await describeJobs();
    const all = stored.flat();
    expect(all.length).toBeGreaterThan(300);

    const policies: PolicyRules[] = [
      { limits: { files: 4, blobBytes: 5000, lineBytes: 1000 }, executables: 'forbid' },
      { gates: { required: [] }, symlinks: 'require_approval', runtimeArtifacts: [] },
      { allowedPaths: ['src/**', '*'], forbiddenPaths: [], gates: { required: ['*'], blocking: ['*'] } },
    ];
    let flipped = 0;
    for (const rules of policies) {
      const proposed = document(rules);
      const found = await simulate({ document: proposed, last: 10_000 });
      expect(found).toMatchObject({ complete: true, undetermined: 0 });
      const before = await plane.database.dataSource.query(`SELECT count(*)::int AS n FROM verdicts`);
      expect(found.examined.verdicts).toBe((before as [{ n: number }])[0].n);
      const flips = new Map(found.flips.map((flip) => [flip.id, flip]));

      await plane.changes.run((change) =>
        plane.part(PolicySetService).publish(change, proposed, { id: plane.principalId }),
      );
      const now = await Promise.all(patches.map(async (patch) => shown((await judge(patch)).verdict)));
      await describeJobs();
      const expected = stored.flatMap((verdicts, i) =>
        verdicts.filter((verdict) => shown(verdict) !== now[i]).map(({ id }) => `${id} ${now[i]}`),
      );
      const ours = new Set(all.map(({ id }) => id));
      const named = [...flips.values()]
        .filter(({ id }) => ours.has(id))
        .map(({ id, would }) => `${id} ${would}`);
      expect(named.sort()).toEqual(expected.sort());
      for (const { reason, layer } of flips.values())
        expect([reason, layer]).toEqual([
          expect.stringMatching(/\S/),
          { layer: 'installation', name: 'stricter' },
        ]);
      flipped += expected.length;
    }
    expect(flipped).toBeGreaterThan(250);
  });

  it('goes back to an earlier set, and stops at as many as are asked for', async () => {
    const { items } = await plane.part(PolicySetService).list({ limit: 10 });
    const first = items.at(-1)!;
    const found = await simulate({ policySet: first.id, last: 10 });
    expect(found.examined).toEqual({ decisions: 0, verdicts: 10 });
    await expect(simulate({ policySet: 'pst_01ARZ3NDEKTSV4RRFFQ69G5FAV', last: 1 })).rejects.toMatchObject({
      code: 'request.not_found',
    });
  });

  it('says where it cannot tell: contents are not kept, and commands would have to run', async () => {
    const undetermined = async (rules: PolicyRules) => {
      const { flips } = await simulate({ document: document(rules), last: 10_000 });
      return new Set(flips.filter(({ would }) => would === 'undetermined').map(({ rule }) => rule));
    };
    expect(await undetermined({ commands: [{ name: 'tests', run: 'true', timeout: '1m' }] })).toEqual(
      new Set(['commands']),
    );
    expect(await undetermined({ dependencies: { registries: [] } })).toEqual(new Set(['dependencies']));
  });

  it('replays decisions as well', async () => {
    const trials = plane.part(PolicyTrialService);
    const layers = mergeLayers((await trials.active())('work'));
    if (!layers.ok) throw new Error(layers.message);
    const { sessionId } = await plane.attempt();
    await describeJobs();
    const subject = { name: 'ann', kind: 'user', roles: ['requester'] } as const;
    await plane.changes.run(({ manager }) =>
      trials.record(manager, { sessionId, repositoryId: plane.repositoryId }, layers.policy, [
        ...(['command', 'patch'] as const).map((adapter) => ({
          subject: { ...subject, roles: [...subject.roles] },
          action: 'agent.use' as const,
          resource: rawPathOfText(adapter),
          context: { tainted: false, level: null },
        })),
      ]),
    );
    const listed = await trials.page({ limit: 10, session: sessionId });
    expect(listed.items).toMatchObject([
      { action: 'agent.use', resource: 'patch', effect: 'permit', repository: 'work', sessionId },
      { action: 'agent.use', resource: 'command', effect: 'permit', policyDigest: layers.policy.digest },
    ]);
    const found = await simulate({ document: document({ adapters: ['patch'] }), last: 10_000 });
    expect(found.flips.filter(({ kind }) => kind === 'decision')).toMatchObject([
      { what: 'agent.use command', was: 'permit', would: 'forbid', rule: 'adapters', sessionId },
    ]);
  });
});
