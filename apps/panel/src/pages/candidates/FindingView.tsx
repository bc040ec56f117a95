import { IconArrowRight } from '@tabler/icons-react';
import type { Finding } from '@gatehouse/contracts';
import { Tag } from '../../elements/Badge.js';
import { reveal } from '../../elements/reveal.js';
import type { Tone } from '../../elements/tone.js';
import css from './GateList.module.css';

const severities: Readonly<Record<Finding['severity'], readonly [Tone, string]>> = {
  block: ['bad', 'blocks'],
  require_approval: ['wait', 'needs approval'],
  warn: ['quiet', 'note'],
};

/** One finding; `placed` where it already stands at its line. */
export const FindingView = ({ finding, placed = false }: { finding: Finding; placed?: boolean }) => {
  const [tone, word] = severities[finding.severity];
  return (
    <li className={`${css.finding} tone-${tone}`}>
      <div className={css.line}>
        <Tag tone={tone}>{word}</Tag>
        <span className={css.message}>{reveal(finding.message)}</span>
        <code className={css.code}>{finding.code}</code>
      </div>
      {finding.path !== undefined && !placed && (
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
