import { Button, NativeSelect, Textarea } from '@mantine/core';
import { IconCircleCheck, IconClock } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { PolicyFlip, PolicySimulation } from '@gatehouse/contracts';
import { Tag } from '../../elements/Badge.js';
import { Moment } from '../../elements/Moment.js';
import { count } from '../../elements/moment.format.js';
import { Banner, ErrorNotice } from '../../elements/Notice.js';
import { reveal } from '../../elements/reveal.js';
import { Rows } from '../../elements/Rows.js';
import { Section } from '../../elements/Section.js';
import { paths } from '../../paths.js';
import { useAct } from '../../query.js';
import { readPolicy } from './document.read.js';
import css from './PoliciesPage.module.css';

const words: Readonly<Record<string, string>> = {
  permit: 'permitted',
  forbid: 'forbidden',
  require_approval: 'needs approval',
  pass: 'passes',
  pass_with_approval: 'needs approval',
  fail: 'refused',
  undetermined: 'cannot be told',
};
const wordOf = (outcome: string): string => words[outcome] ?? outcome;

const proposal = `apiVersion: gatehouse.dev/v1
kind: Policy
metadata: { name: house, layer: installation }
spec:
  limits: { files: 20 }
  forbiddenPaths: ['db/migrations/**']`;

const columns = [['What'], ['Was', 120], ['Would be', 120], ['Because'], ['When', 100, 'roomy']] as const;

const What = ({ flip }: { flip: PolicyFlip }) =>
  flip.candidateId === null ? (
    <code>{reveal(flip.what)}</code>
  ) : (
    <Link to={paths.candidate(flip.candidateId, flip.sessionId ?? undefined)} data-row>
      {flip.what}
    </Link>
  );

const Flips = ({ found }: { found: PolicySimulation }) => {
  const { examined, flipped, undetermined, flips, complete } = found;
  const told = `Looked at ${count(examined.decisions, 'decision')} and ${count(examined.verdicts, 'verdict')}${complete ? '' : '; time ran out before all were looked at'}.`;
  return (
    <>
      <Banner
        tone={flipped + undetermined === 0 ? 'good' : 'wait'}
        icon={flipped + undetermined === 0 ? IconCircleCheck : IconClock}
        title={
          flipped + undetermined === 0
            ? 'Nothing would flip'
            : `${flipped} would flip${undetermined === 0 ? '' : `, ${undetermined} cannot be told`}`
        }
      >
        {told}
        {flips.length < flipped + undetermined && ` The newest ${flips.length} are listed.`}
      </Banner>
      {flips.length > 0 && (
        <Rows label="What would flip" columns={columns}>
          {flips.map((flip) => (
            <tr key={flip.id}>
              <td>
                <What flip={flip} />
              </td>
              <td>{wordOf(flip.was)}</td>
              <td>
                <strong>{wordOf(flip.would)}</strong>
              </td>
              <td className={css.reason}>
                {flip.rule !== null && <Tag>{flip.rule}</Tag>} {reveal(flip.reason)}
              </td>
              <td className="soft roomy">
                <Moment at={flip.at} />
              </td>
            </tr>
          ))}
        </Rows>
      )}
    </>
  );
};

/** Tries a document on what was decided before, without anybody obeying it. */
export const SimulateSection = ({ text, onText }: { text: string; onText: (text: string) => void }) => {
  const [last, setLast] = useState('1000');
  const [faults, setFaults] = useState<readonly string[]>([]);
  const lint = useAct('policies.lint', { quiet: true });
  const simulate = useAct('policies.simulate', { quiet: true });
  const busy = lint.isPending || simulate.isPending;
  const run = () => {
    const read = readPolicy(text);
    lint.reset();
    simulate.reset();
    setFaults(read.ok ? [] : read.faults);
    if (!read.ok) return;
    lint.mutate({ body: read.document });
    simulate.mutate({ body: { document: read.document, last: Number(last) } });
  };
  const error = lint.error ?? simulate.error;
  return (
    <Section title="Time machine" aside={<span>nothing is stored</span>}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <Textarea
          className={css.mono ?? ''}
          label="A policy that is only proposed, as YAML or JSON"
          placeholder={proposal}
          value={text}
          onChange={(event) => onText(event.currentTarget.value)}
          error={faults.length === 0 ? null : faults.join(' · ')}
          spellCheck={false}
          autosize
          minRows={6}
          maxRows={24}
        />
        <div className={css.row}>
          <NativeSelect
            label="Look back at"
            value={last}
            onChange={(event) => setLast(event.currentTarget.value)}
            data={['100', '1000', '10000'].map((value) => ({ value, label: `the last ${value}` }))}
          />
          <Button type="submit" variant="default" loading={busy}>
            Simulate
          </Button>
        </div>
      </form>
      {error && <ErrorNotice error={error} />}
      {lint.data && lint.data.items.length > 0 && (
        <ul className={css.answers} aria-label="What is odd about it">
          {lint.data.items.map((found) => (
            <li key={`${found.field} ${found.code}`}>
              <Tag tone={found.severity === 'error' ? 'bad' : 'wait'}>{found.severity}</Tag>{' '}
              <code>{found.field}</code>: {reveal(found.message)} <span className="soft">{found.fix}</span>
            </li>
          ))}
        </ul>
      )}
      {simulate.data && <Flips found={simulate.data} />}
    </Section>
  );
};
