import { VisuallyHidden } from '@mantine/core';
import { isTerminal, promotionStates, type PreflightCheck, type Promotion } from '@gatehouse/contracts';
import { ToneIcon } from '../../elements/Badge.js';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Section } from '../../elements/Section.js';
import { Shown } from '../../elements/Shown.js';
import { useAsk } from '../../query.js';
import css from './Preflight.module.css';

const looks = {
  true: ['good', 'holds'],
  false: ['bad', 'does not hold'],
  null: ['wait', 'known later'],
} as const;

/** What does not hold first. */
const inOrder = (checks: readonly PreflightCheck[]) =>
  checks.toSorted((a, b) => Number(a.ok !== false) - Number(b.ok !== false));

const Check = ({ check }: { check: PreflightCheck }) => {
  const [tone, word] = looks[`${check.ok}`];
  return (
    <li>
      <ToneIcon tone={tone} size={14} />
      <span className={css.name}>
        {check.check.replaceAll('_', ' ')}
        <VisuallyHidden> {word}</VisuallyHidden>
      </span>
      <span>
        <Shown text={check.why} />
        {check.fix !== null && (
          <span className="soft">
            {' '}
            <Shown text={check.fix} />
          </span>
        )}
      </span>
    </li>
  );
};

/** Everything that has to hold before it publishes, asked again and again while it has not. */
export const Preflight = ({ promotion }: { promotion: Promotion }) => {
  const open = !isTerminal(promotionStates, promotion.state);
  const asked = useAsk(
    'promotions.preflight',
    { params: { id: promotion.id } },
    { enabled: open, every: 10_000 },
  );
  if (!open) return null;
  return (
    <Section
      title="What has to hold before it is published"
      aside={asked.data?.ok === true ? 'nothing stands against it' : undefined}
    >
      {asked.data ? (
        <ul className={css.checks}>
          {inOrder(asked.data.checks).map((check) => (
            <Check key={check.check} check={check} />
          ))}
        </ul>
      ) : asked.error ? (
        <ErrorNotice error={asked.error} />
      ) : (
        <LoadingRows rows={5} height={14} />
      )}
    </Section>
  );
};
