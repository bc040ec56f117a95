import type { GatePart, GateResult } from '@gatehouse/contracts';
import { ToneIcon } from '../../elements/Badge.js';
import { count } from '../../elements/moment.format.js';
import { Section } from '../../elements/Section.js';
import { Term } from '../../elements/Term.js';
import { gateLooks, type Tone } from '../../elements/tone.js';
import { FindingRow } from './FindingView.js';
import { foundOf, isAdvisory, type Found } from './found.js';
import css from './GateList.module.css';

const parts: readonly (readonly [GatePart, string])[] = [
  ['static', 'The change itself'],
  ['command', 'Commands, run on the result in a fresh sandbox'],
  ['context', 'Where it comes from and what it stands on'],
];

const wordsOf = ({ answer, required, staged, findings }: GateResult): string => {
  const asks = answer === 'pass' && findings.some(({ severity }) => severity === 'require_approval');
  const label = asks ? 'Needs approval' : gateLooks[answer].label;
  if (staged === true && (answer !== 'pass' || findings.length > 0))
    return `${label}, staged: nothing is published`;
  return required === false ? `${label}, not required` : label;
};

const toneOf = ({ answer, required, staged, findings }: GateResult): Tone => {
  if (staged === true && answer !== 'pass') return 'wait';
  if (required === false && answer !== 'pass') return 'quiet';
  const asks = answer === 'pass' && findings.some(({ severity }) => severity === 'require_approval');
  return asks ? 'wait' : gateLooks[answer].tone;
};

interface Leading {
  /** Paths that the page shows a diff of: there the finding stands in full. */
  readonly shown?: ReadonlySet<string> | undefined;
  readonly onGo?: ((found: Found) => void) | undefined;
}

const Gate = ({ gate, shown, onGo }: { gate: GateResult } & Leading) => (
  <li className={css.gate} data-found={gate.findings.length > 0}>
    <div className={css.head}>
      <ToneIcon tone={toneOf(gate)} />
      <strong>{gate.gate}</strong>
      <span className="soft">{gate.summary}</span>
      <span className={css.answer}>{wordsOf(gate)}</span>
    </div>
    {gate.findings.length > 0 && (
      <ul className={css.findings}>
        {foundOf(gate).map((found) => (
          <FindingRow
            key={found.id}
            found={found}
            placed={shown?.has(found.finding.path ?? '') === true}
            onGo={onGo}
          />
        ))}
      </ul>
    )}
  </li>
);

const rank = (gate: GateResult): number =>
  gate.answer !== 'pass' && !isAdvisory(gate)
    ? 0
    : gate.findings.length > 0 || gate.answer !== 'pass'
      ? 1
      : 2;

/** What passed without a word is there for who wants to see it, and in nobody's way. */
const Quiet = ({ gates }: { gates: readonly GateResult[] }) =>
  gates.length === 0 ? null : (
    <details className={css.quiet}>
      <summary>
        <ToneIcon tone="good" /> {count(gates.length, 'check')} passed without a word
      </summary>
      <ul className={css.gates}>
        {gates.map((gate) => (
          <Gate key={gate.gate} gate={gate} />
        ))}
      </ul>
    </details>
  );

interface Props extends Leading {
  readonly gates: readonly GateResult[];
  readonly cached: boolean;
}

export const GateList = ({ gates, cached, ...leading }: Props) => {
  const required = gates.filter((gate) => !isAdvisory(gate));
  const passed = required.filter((gate) => gate.answer === 'pass').length;
  return (
    <Section
      title={<Term word="gate">Checks</Term>}
      flush
      aside={
        <>
          {cached && (
            <span title="The same change was judged before under the same policy; its answer is taken from there.">
              taken from an equal decision
            </span>
          )}
          <span>
            {passed} of {required.length} required passed
          </span>
        </>
      }
    >
      {parts.map(([part, title]) => {
        const own = gates.filter((gate) => gate.part === part).toSorted((a, b) => rank(a) - rank(b));
        return own.length === 0 ? null : (
          <div key={part} className={css.part}>
            <h3>{title}</h3>
            <ul className={css.gates}>
              {own
                .filter((gate) => rank(gate) < 2)
                .map((gate) => (
                  <Gate key={gate.gate} gate={gate} {...leading} />
                ))}
            </ul>
            <Quiet gates={own.filter((gate) => rank(gate) === 2)} />
          </div>
        );
      })}
    </Section>
  );
};
