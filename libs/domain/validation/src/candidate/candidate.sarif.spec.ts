import { describe, expect, it } from '@jest/globals';
import { SarifLog, type Candidate, type GateResult } from '@gatehouse/contracts';
import { rawPath } from '@gatehouse/policy';
import { sarifOf, uriOfPath } from './candidate.sarif.js';
import { sampleFacts } from '../facts.sample.js';
import { ask } from '../gate.js';
import { gates } from '../gates/index.js';
import { quotePath } from '../quote.js';

const candidate = (answers: readonly GateResult[] | null): Candidate =>
  ({
    id: 'cand',
    repository: 'acme/widgets',
    base: 'b',
    tree: 't',
    state: answers === null ? 'judging' : 'fail',
    verdict: answers === null ? null : { id: 'ver_1', gates: answers },
  }) as unknown as Candidate;

const asked = (): GateResult[] => {
  const changes = [
    { path: '.npmrc' },
    { path: 'a b/ü.spec.ts', text: "x\nit.skip('y')\n" },
    { path: '.env' },
  ];
  return gates.map((gate) =>
    ask(gate, sampleFacts({ changes }), (id) => {
      throw new Error(id);
    }),
  );
};

describe('sarifOf', () => {
  it('names rule, level, place and what to do of every finding', () => {
    const log = SarifLog.parse(sarifOf(candidate(asked())));
    const [run] = log.runs;
    const found = run!.results.map(({ ruleId, level, locations }) => [
      ruleId,
      level,
      locations[0]?.physicalLocation.artifactLocation.uri,
      locations[0]?.physicalLocation.region?.startLine,
    ]);
    expect(found).toEqual([
      ['protected-paths/path.protected', 'warning', '.npmrc', undefined],
      ['runtime-artifacts/path.runtime_artifact', 'error', '.env', undefined],
      ['test-tampering/test.skip', 'warning', 'a%20b/%C3%BC.spec.ts', 2],
    ]);
    for (const { ruleIndex, ruleId } of run!.results)
      expect(run!.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(run!.invocations).toEqual([{ executionSuccessful: true }]);
  });

  it('is the same for the same verdict, and keeps its fingerprints when lines move', () => {
    const printsOf = (line: number) =>
      sarifOf(
        candidate([
          {
            ...{ gate: 'g', part: 'static', summary: 's', answer: 'fail' },
            findings: [
              {
                code: 'a.b',
                severity: 'block',
                message: 'm',
                next: 'n',
                path: 'p',
                startLine: line,
                endLine: line,
              },
            ],
          },
        ]),
      ).runs[0]!.results.map((result) => result.partialFingerprints);
    expect(sarifOf(candidate(asked()))).toEqual(sarifOf(candidate(asked())));
    expect(printsOf(1)).toEqual(printsOf(9));
  });

  it('says that nothing was decided where there is no verdict, or a gate broke', () => {
    expect(sarifOf(candidate(null)).runs[0]).toMatchObject({
      ...{ results: [], invocations: [{ executionSuccessful: false }] },
    });
    const broken: GateResult = { gate: 'g', part: 'static', summary: 's', answer: 'error', findings: [] };
    expect(sarifOf(candidate([broken])).runs[0]!.invocations[0]!.executionSuccessful).toBe(false);
  });

  it.each([
    [Buffer.from('javascript:alert(1)'), 'javascript%3Aalert%281%29'],
    [Buffer.from('a"b\\c\n'), 'a%22b%5Cc%0A'],
    [Buffer.from([0x61, 0xff, 0x2f, 0x62]), 'a%FF/b'],
    [Buffer.from('50%?#.md'), '50%25%3F%23.md'],
    [Buffer.from('"quoted"'), '%22quoted%22'],
    [Buffer.from('a\u202eb'), 'a%E2%80%AEb'],
  ])('writes %j as a reference that means the file', (bytes, uri) =>
    expect(uriOfPath(quotePath(rawPath(bytes)))).toBe(uri),
  );
});
