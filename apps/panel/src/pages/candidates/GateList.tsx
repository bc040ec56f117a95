import type { GatePart, GateResult } from '@gatehouse/contracts';
import { ToneIcon } from '../../elements/Badge.js';
import { count } from '../../elements/moment.format.js';
import { Section } from '../../elements/Section.js';
import { gateLooks, type Tone } from '../../elements/tone.js';
import { FindingView } from './FindingView.js';
import css from './GateList.module.css';

const parts: readonly (readonly [GatePart, string])[] = [
  ['static', 'The change itself'],
  ['command', 'Commands, run on the result in a fresh sandbox'],
  ['context', 'Where it comes from and what it stands on'],
];

/** It refuses nothing: policy does not require it, or tries it out. */
const isAdvisory = ({ required, staged }: GateResult): boolean => required === false || staged === true;

const wordsOf = ({ answer, required, staged, findings }: GateResult): string => {
  const { label } = gateLooks[answer];
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

const Gate = ({ gate }: { gate: GateResult }) => (
  <li className={css.gate} data-found={gate.findings.length > 0}>
    <div className={css.head}>
      <ToneIcon tone={toneOf(gate)} />
      <strong>{gate.gate}</strong>
      <span className="soft">{gate.summary}</span>
      <span className={css.answer}>{wordsOf(gate)}</span>
    </div>
    {gate.findings.length > 0 && (
      <ul className={css.findings}>
        {gate.findings.map((finding, i) => (
          <FindingView key={i} finding={finding} />
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

export const GateList = ({ gates, cached }: { gates: readonly GateResult[]; cached: boolean }) => {
  const required = gates.filter((gate) => !isAdvisory(gate));
  const passed = required.filter((gate) => gate.answer === 'pass').length;
  return (
    <Section
      title="Checks"
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
                  <Gate key={gate.gate} gate={gate} />
                ))}
            </ul>
            <Quiet gates={own.filter((gate) => rank(gate) === 2)} />
          </div>
        );
      })}
    </Section>
  );
};
