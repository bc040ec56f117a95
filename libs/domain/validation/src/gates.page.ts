import { commonCodes, gateCodes, type GateCode } from './gate.codes.js';
import { gates } from './gates/index.js';

const weights: Record<GateCode[1], string> = {
  block: 'blocks',
  require_approval: 'asks',
  warn: 'warns',
  by_policy: 'as policy says',
  by_place: 'by place',
  inconclusive: 'no pass',
};

const table = (codes: readonly GateCode[]): string => {
  const rows = codes.map(([code, weight, remedy]) => [`\`${code}\``, weights[weight], remedy]);
  const head = ['reason', 'weight', 'what to do'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
};

const cached = {
  static: 'of content alone, cached',
  command: 'of what ran, cached',
  context: 'asked every time',
};

/** docs/gates.md, printed from the registry. */
export const gatesPage = (): string => {
  const parts = gates.map((gate) => {
    const { id, group, part, stage, summary } = gate;
    const lifted =
      gate.always === true ? 'No policy can take it out.' : 'Policy may take it out: then it warns.';
    const about = `${summary}.\nGroup ${group}, part ${part} (${cached[part]}), stage ${stage}. ${lifted}`;
    return `## ${id}\n\n${about}\n\n${table(gateCodes[id] ?? [])}`;
  });
  return `# Gates

Printed from the registry by \`node libs/domain/validation/scripts/print-gates.mjs\`; a spec tells when it is stale.
They are asked in this order, cheap and structural ones first; [the room](../libs/domain/validation/README.md) says how answers add up, and [extend](extend.md) how to add one.

A reason that **blocks** fails the candidate; one that **asks** needs a person who did not ask for the change; one that **warns** is shown.
**By place** means that the kind of file, or how sure the gate is, decides between them; every finding says which it is.

${parts.join('\n\n')}

## Any gate

${table(commonCodes)}
`;
};
