import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CandidateFixture } from './candidate.fixture.js';
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
  const kept = (tree: string | null): Promise<{ together: number }[]> =>
    plane.database.dataSource.query(
      `SELECT (SELECT count(*)::int FROM gate_answers g WHERE g.xmin = s.xmin) AS together
       FROM tree_shapes s WHERE tree = $1`,
      [tree],
    );
  const judge = async (path: string) =>
    plane.service.judge(
      await plane.input(
        plane.base,
        plane.patch(() => plane.write(path, 'x\n')),
      ),
    );

  it('is kept in one transaction, its shape and the answers to it', async () => {
    const { tree } = await judge('src/learnt.txt');
    expect(await kept(tree)).toEqual([{ together: 1 }]);
  });

  it('is its shape alone where an answer may be another one the next time', async () => {
    const scan = jest.spyOn(plane.app.get(SecretScanner), 'scan').mockRejectedValue(new Error('no memory'));
    const first = await judge('src/unsure.txt');
    scan.mockRestore();
    expect(first.results).toContainEqual(expect.objectContaining({ gate: 'secrets', answer: 'error' }));
    expect(await kept(first.tree)).toEqual([{ together: 0 }]);
    expect(await judge('src/unsure.txt')).toMatchObject({ cached: false, passedSoFar: true });
  });
});
