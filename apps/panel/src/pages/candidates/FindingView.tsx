import { IconArrowRight, IconArrowUp } from '@tabler/icons-react';
import type { Finding } from '@gatehouse/contracts';
import { Tag } from '../../elements/Badge.js';
import { Shown } from '../../elements/Shown.js';
import { arrive } from '../../elements/arrive.js';
import type { Tone } from '../../elements/tone.js';
import { checkPlace, linePlace, placeOf, type Found } from './found.js';
import css from './GateList.module.css';

const severities: Readonly<Record<Finding['severity'], readonly [Tone, string]>> = {
  block: ['bad', 'blocks'],
  require_approval: ['wait', 'needs approval'],
  warn: ['quiet', 'note'],
};

const Evidence = ({ finding }: { finding: Finding }) => (
  <>
    {finding.evidence !== undefined && (
      <pre className={css.evidence}>
        <Shown text={finding.evidence} />
      </pre>
    )}
    <div className={css.next}>
      <IconArrowRight size={13} aria-label="What to do" />
      <span>{finding.next}</span>
    </div>
  </>
);

/** One finding in full, at its line or file, with the way back to its check. */
export const FindingView = ({ found }: { found: Found }) => {
  const { id, gate, finding } = found;
  const [tone, word] = severities[finding.severity];
  return (
    <li className={`${css.finding} tone-${tone}`} id={linePlace(id)} tabIndex={-1}>
      <div className={css.line}>
        <Tag tone={tone}>{word}</Tag>
        <span className={css.message}>
          <Shown text={finding.message} />
        </span>
        <button
          type="button"
          className={css.back}
          onClick={() => arrive(checkPlace(id))}
          title="Back to the check"
        >
          <IconArrowUp size={12} aria-hidden /> {gate}
        </button>
      </div>
      <Evidence finding={finding} />
    </li>
  );
};

/**
 * One finding in the list of checks: in a line where its place in the diff says the rest, else in full. `onGo` is
 * absent where there is no diff to be led to.
 */
export const FindingRow = ({
  found,
  placed,
  onGo,
}: {
  found: Found;
  placed: boolean;
  onGo: ((found: Found) => void) | undefined;
}) => {
  const { id, finding } = found;
  const [tone, word] = severities[finding.severity];
  const place = placeOf(finding);
  return (
    <li className={`${css.row} tone-${tone}`} id={checkPlace(id)} tabIndex={-1}>
      <div className={css.line}>
        <Tag tone={tone}>{word}</Tag>
        <span className={css.message}>
          <Shown text={finding.message} />
        </span>
        <code className={css.code}>{finding.code}</code>
      </div>
      {place !== null &&
        (placed && onGo !== undefined ? (
          <button type="button" className={css.place} data-row onClick={() => onGo(found)}>
            <code>
              <Shown text={place} />
            </code>
          </button>
        ) : (
          <code className={css.at}>
            <Shown text={place} />
          </code>
        ))}
      {!(placed && onGo !== undefined) && <Evidence finding={finding} />}
    </li>
  );
};
