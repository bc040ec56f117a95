import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CandidateFixture } from './candidate/candidate.fixture.js';
import { SecretScanner } from './secrets/secret.scanner.js';

let plane: CandidateFixture;
beforeAll(async () => {
  plane = await CandidateFixture.start();
});
afterAll(() => plane?.stop());

describe('the repair of a refused candidate', () => {
  it('stands with its verdict, asked anew or not, and without these files the rest passes', async () => {
    const { base } = plane;
    const honest = () => plane.write('src/kept.txt', 'kept\n');
    const hostile = () => {
      honest();
      plane.write('.github/workflows/ci.yml', 'on: push\n');
      plane.write('logs/run.log', 'x\n');
    };
    const reads = jest.spyOn(plane.app.get(SecretScanner), 'scan');
    for (const cached of [false, true]) {
      reads.mockClear();
      const input = await plane.input(base, plane.patch(hostile));
      const { sessionId, policy } = input;
      const judgement = await plane.service.judge(input);
      expect(judgement.cached).toBe(cached);
      // What was answered before is not read again, neither for the answers nor for what would mend them.
      expect(reads.mock.calls.length > 0).toBe(!cached);
      const candidate = await plane.save(input, judgement);
      await plane.changes.run((change) =>
        plane.service.decide(change, { candidate, sessionId, policy, judgement, outcomes: null }),
      );
      const { items } = await plane.service.page({ limit: 1, sessionId });
      expect(items[0]?.verdict).toMatchObject({
        outcome: 'fail',
        repair: { drop: ['.github/workflows/ci.yml', 'logs/run.log'], others: 0, approvals: [] },
      });
    }
    // Another answer beside the same ones: what would mend it is looked for anew.
    const input = await plane.input(base, plane.patch(hostile));
    const other = await plane.service.judge({ ...input, declaredTree: '1'.repeat(40) });
    expect([other.cached, other.repair]).toEqual([true, null]);
    const rest = await plane.service.judge(await plane.input(base, plane.patch(honest)));
    expect([rest.passedSoFar, rest.repair]).toEqual([true, null]);
  });
});

describe('what is found out about a change', () => {
  /** In one transaction with the newest verdict; null where it is not kept. */
  const kept = async (tree: string | null): Promise<unknown> => {
    const [row] = (await plane.database.dataSource.query(
      `SELECT (SELECT v.xmin = s.xmin FROM tree_shapes s WHERE s.tree = $1) AS shape,
         (SELECT count(*)::int FROM gate_answers g WHERE g.xmin = v.xmin) AS answers
       FROM verdicts v ORDER BY v.id DESC LIMIT 1`,
      [tree],
    )) as unknown[];
    return row;
  };
  const judge = async (path: string) => {
    const input = await plane.input(
      plane.base,
      plane.patch(() => plane.write(path, 'x\n')),
    );
    const judgement = await plane.service.judge(input);
    const before = await kept(judgement.tree);
    const candidate = await plane.save(input, judgement);
    const { sessionId, policy } = input;
    await plane.changes.run((change) =>
      plane.service.decide(change, { candidate, sessionId, policy, judgement, outcomes: null }),
    );
    return { judgement, before, after: await kept(judgement.tree) };
  };

  it('is kept with the verdict or not at all', async () => {
    const { before, after } = await judge('src/learnt.txt');
    expect([before, after]).toEqual([
      { shape: null, answers: expect.any(Number) },
      { shape: true, answers: 1 },
    ]);
    const again = await judge('src/learnt.txt');
    expect(again.judgement.cached).toBe(true);
    expect(again.after).toEqual({ shape: false, answers: 0 });
  });

  it('is its shape alone where an answer may be another one the next time', async () => {
    const scan = jest.spyOn(plane.app.get(SecretScanner), 'scan').mockRejectedValue(new Error('no memory'));
    const { judgement, after } = await judge('src/unsure.txt');
    scan.mockRestore();
    expect(judgement.results).toContainEqual(expect.objectContaining({ gate: 'secrets', answer: 'error' }));
    expect(after).toEqual({ shape: true, answers: 0 });
    expect((await judge('src/unsure.txt')).judgement).toMatchObject({ cached: false, passedSoFar: true });
  });
});
