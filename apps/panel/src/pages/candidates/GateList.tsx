import { IconArrowRight } from '@tabler/icons-react';
import type { Finding, GatePart, GateResult } from '@gatehouse/contracts';
import { Tag, ToneIcon } from '../../elements/Badge.js';
import { reveal } from '../../elements/reveal.js';
import { Section } from '../../elements/Section.js';
import { gateLooks, type Tone } from '../../elements/tone.js';
import css from './GateList.module.css';

const parts: readonly (readonly [GatePart, string])[] = [
  ['static', 'The change itself'],
  ['command', 'Commands, run on the result in a fresh sandbox'],
  ['context', 'Where it comes from and what it stands on'],
];

const severities: Readonly<Record<Finding['severity'], readonly [Tone, string]>> = {
  block: ['bad', 'blocks'],
  require_approval: ['wait', 'needs approval'],
  warn: ['quiet', 'note'],
};

const FindingView = ({ finding }: { finding: Finding }) => {
  const [tone, word] = severities[finding.severity];
  return (
    <li className={`${css.finding} tone-${tone}`}>
      <div className={css.line}>
        <Tag tone={tone}>{word}</Tag>
        <span className={css.message}>{reveal(finding.message)}</span>
        <code className={css.code}>{finding.code}</code>
      </div>
      {finding.path !== undefined && (
        <div className={css.path}>
          <code>
            {reveal(finding.path)}
            {finding.startLine !== undefined && `:${finding.startLine}`}
          </code>
        </div>
      )}
      {finding.evidence !== undefined && <pre className={css.evidence}>{reveal(finding.evidence)}</pre>}
      <div className={css.next}>
        <IconArrowRight size={13} aria-label="What to do" />
        <span>{finding.next}</span>
      </div>
    </li>
  );
};

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
              {own.map((gate) => (
                <Gate key={gate.gate} gate={gate} />
              ))}
            </ul>
          </div>
        );
      })}
    </Section>
  );
};
