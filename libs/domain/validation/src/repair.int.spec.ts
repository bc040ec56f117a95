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
