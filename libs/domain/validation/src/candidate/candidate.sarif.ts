import type { Candidate, Finding, GateResult, SarifLog } from '@gatehouse/contracts';
import { digestOf } from '@gatehouse/proof';
import { readQuoted } from '../quote.js';

type Run = SarifLog['runs'][number];
type Result = Run['results'][number];
type Rule = Run['tool']['driver']['rules'][number];

const levels = { block: 'error', require_approval: 'warning', warn: 'note' } as const;

/** A relative reference of RFC 3986: every byte that is not plainly harmless is escaped, so that no name is a scheme. */
export const uriOfPath = (path: string): string => {
  const quoted = readQuoted(path, 0);
  return [...(quoted === null ? Buffer.from(path, 'utf8') : Buffer.from(quoted.name, 'latin1'))]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9._~/-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
};

const placeOf = ({ path, startLine, endLine }: Finding): Result['locations'] =>
  path === undefined
    ? []
    : [
        {
          physicalLocation: {
            artifactLocation: { uri: uriOfPath(path), uriBaseId: 'SRCROOT' },
            ...(startLine === undefined ? {} : { region: { startLine, endLine: endLine ?? startLine } }),
          },
        },
      ];

/** A reason may come from several gates, and each says in its own words what it looks at. */
const ruleKey = (gate: GateResult, { code }: Finding): string => `${gate.gate}/${code}`;

const rulesOf = (gates: readonly GateResult[]): Map<string, Rule> => {
  const rules = new Map<string, Rule>();
  for (const gate of gates)
    for (const found of gate.findings) {
      const key = ruleKey(gate, found);
      if (rules.has(key)) continue;
      const [shortDescription, help] = [{ text: gate.summary }, { text: found.next }];
      rules.set(key, { id: key, shortDescription, help, properties: { gate: gate.gate } });
    }
  return rules;
};

const resultOf = (gate: GateResult, found: Finding, index: number): Result => {
  const { code, severity, message, next, path = '', evidence } = found;
  return {
    ruleId: ruleKey(gate, found),
    ruleIndex: index,
    level: levels[severity],
    message: { text: `${message} ${next}` },
    locations: placeOf(found),
    // Without the line: the same fault of the same file stays the same when lines above it change.
    partialFingerprints: { 'gatehouse/v1': digestOf({ gate: gate.gate, code, path, message }) },
    properties: { gate: gate.gate, severity, ...(evidence === undefined ? {} : { evidence }) },
  };
};

/** What the latest verdict found, as other tools read it (SARIF 2.1.0); without a verdict there are no results. */
export const sarifOf = ({ id, repository, base, tree, state, verdict }: Candidate): SarifLog => {
  const gates = verdict?.gates ?? [];
  const rules = rulesOf(gates);
  const order = [...rules.keys()];
  const results = gates.flatMap((gate) =>
    gate.findings.map((found) => resultOf(gate, found, order.indexOf(ruleKey(gate, found)))),
  );
  const answered = gates.every(({ answer }) => answer === 'pass' || answer === 'fail');
  return {
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Gatehouse', rules: [...rules.values()] } },
        automationDetails: { id: `gatehouse/${repository}/${id}` },
        invocations: [{ executionSuccessful: verdict !== null && answered }],
        results,
        properties: { candidate: id, tree, base, outcome: state, verdict: verdict?.id ?? null },
      },
    ],
  };
};
