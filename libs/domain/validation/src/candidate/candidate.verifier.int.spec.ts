import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GateResult } from '@gatehouse/contracts';
import type { TaskContext } from '@gatehouse/tasks';
import type { CandidateEntity } from './candidate.entity.js';
import { CandidateFixture } from './candidate.fixture.js';
import type { JudgeInput } from './candidate.judge.js';
import type { VerdictEntity } from '../verdict/verdict.entity.js';

let plane: CandidateFixture;
beforeAll(async () => {
  plane = await CandidateFixture.start();
});
afterAll(() => plane?.stop());

interface Decided {
  readonly input: JudgeInput;
  readonly candidate: CandidateEntity;
  readonly verdict: VerdictEntity;
}

const decided = async (path: string, content: string): Promise<Decided> => {
  const input = await plane.input(
    plane.base,
    plane.patch(() => plane.write(path, content)),
  );
  const judgement = await plane.service.judge(input);
  const candidate = await plane.save(input, judgement);
  const { sessionId, policy } = input;
  const verdict = await plane.changes.run((change) =>
    plane.service.decide(change, { candidate, sessionId, policy, judgement, outcomes: null }),
  );
  return { input, candidate, verdict };
};

const query = (sql: string, parameters: unknown[]) => plane.database.dataSource.query(sql, parameters);
const rewrite = (id: string, gates: readonly GateResult[]) =>
  query(`UPDATE verdicts SET gates = $2 WHERE id = $1`, [id, JSON.stringify(gates)]);
const waiting = async (key: string): Promise<number> =>
  ((await query(`SELECT 1 FROM tasks WHERE dedupe_key = $1`, [key])) as unknown[]).length;
const context = { complete: () => Promise.resolve() } as unknown as TaskContext;

describe('a verdict', () => {
  it.each([
    ['a pass', 'src/new.ts', 'export const a = 1;\n', 'pass'],
    ['a fail', '.github/workflows/x.yml', 'on: push\n', 'fail'],
    ['one that people must accept', 'Makefile', 'all:\n', 'pass'],
  ])('that is true agrees byte for byte: %s', async (_, path, content, outcome) => {
    const { candidate, verdict, input } = await decided(path, content);
    expect(verdict.outcome).toBe(outcome);
    const said = await plane.verifier.verify(candidate.id, input.sessionId);
    expect(said).toMatchObject({ agrees: true, gateSet: 'same', differences: [], withdrawn: false });
    expect(said.recomputedDigest).toBe(verdict.staticDigest);
    expect(said.answers).toBeGreaterThan(8);
    expect(await waiting(`candidate.reverify:${verdict.id}`)).toBe(0);
  });

  it('is verified four at a time: who comes then is told when to ask again, and may once one is done', async () => {
    const { candidate, input } = await decided('src/four.ts', 'export const four = 4;\n');
    const verify = () => plane.verifier.verify(candidate.id, input.sessionId);
    const asked = await Promise.allSettled([1, 2, 3, 4, 5].map(verify));
    expect(asked.map(({ status }) => status)).toEqual([...Array<string>(4).fill('fulfilled'), 'rejected']);
    expect(asked[4]).toMatchObject({
      reason: { code: 'request.rate_limited', status: 429, details: { retryAfter: 2 } },
    });
    // Also what fails makes room for the next.
    const unknown = `cnd_${'0'.repeat(64)}`;
    for (let i = 0; i < 5; i += 1)
      await expect(plane.verifier.verify(unknown)).rejects.toMatchObject({ code: 'candidate.not_found' });
    await expect(verify()).resolves.toMatchObject({ agrees: true });
  });

  it('that was made a pass by hand is withdrawn, and what is true takes its place', async () => {
    const { candidate, verdict, input } = await decided('.gitlab-ci.yml', 'a: 1\n');
    const forged = verdict.gates.map((gate) => ({ ...gate, answer: 'pass' as const, findings: [] }));
    await rewrite(verdict.id, forged);
    await query(`UPDATE verdicts SET outcome = 'pass' WHERE id = $1`, [verdict.id]);
    const said = await plane.verifier.verify(candidate.id, input.sessionId);
    expect(said).toMatchObject({ agrees: false, withdrawn: true });
    expect(said.differences.map(({ gate }) => gate)).toContain('forbidden-paths');
    expect(await waiting(`candidate.reverify:${verdict.id}`)).toBe(1);
    await plane.verifier.withdraw(input.sessionId, candidate.id, context);
    const found = await plane.service.find(candidate.id, input.sessionId);
    expect(found).toMatchObject({ state: 'fail', verdict: { outcome: 'fail' } });
    expect((await plane.verifier.verify(candidate.id, input.sessionId)).agrees).toBe(true);
    // A second run of the task finds nothing to put right.
    await plane.verifier.withdraw(input.sessionId, candidate.id, context);
    expect((await plane.service.find(candidate.id, input.sessionId)).verdict?.id).toBe(found.verdict?.id);
  });

  it('that hides one finding, or says one word otherwise, does not agree', async () => {
    const { candidate, verdict } = await decided('.travis.yml', 'a: 1\n');
    const index = verdict.gates.findIndex(({ gate }) => gate === 'forbidden-paths');
    const changed = verdict.gates.with(index, { ...verdict.gates[index]!, summary: 'Something else' });
    await rewrite(verdict.id, changed);
    const said = await plane.verifier.verify(candidate.id);
    expect(said.differences.map(({ gate }) => gate)).toEqual(['forbidden-paths']);
  });

  it('of a patch that leads to another tree does not agree', async () => {
    const { candidate } = await decided('src/other.ts', 'export {};\n');
    await query(`UPDATE candidates SET tree = $2 WHERE id = $1`, [candidate.id, 'a'.repeat(40)]);
    const said = await plane.verifier.verify(candidate.id);
    expect(said).toMatchObject({ agrees: false, recomputedDigest: null, answers: 0 });
    expect(said.tree).toBe(candidate.tree);
  });

  it('of other gates is held against the answers alone, and stays', async () => {
    const { candidate, verdict } = await decided('src/third.ts', 'export {};\n');
    await query(`UPDATE verdicts SET gate_set_digest = 'older', static_digest = 'older' WHERE id = $1`, [
      verdict.id,
    ]);
    expect(await plane.verifier.verify(candidate.id)).toMatchObject({ agrees: true, gateSet: 'other' });
    await rewrite(
      verdict.id,
      verdict.gates.filter(({ gate }) => gate !== 'symlink'),
    );
    expect(await plane.verifier.verify(candidate.id)).toMatchObject({ agrees: false, withdrawn: false });
  });

  it('that does not exist cannot be held against anything', async () => {
    const input = await plane.input(
      plane.base,
      plane.patch(() => plane.write('x', 'x\n')),
    );
    const { id } = await plane.save(input, await plane.service.judge(input));
    await expect(plane.verifier.verify(id)).rejects.toMatchObject({ code: 'candidate.not_judged' });
  });
});
