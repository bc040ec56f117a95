import { count } from '../../elements/moment.format.js';
import type { Tone } from '../../elements/tone.js';
import type { Found } from './found.js';
import css from './DiffSection.module.css';

/** How many findings a file has, in the tone of the worst of them. */
export const FoundCount = ({ found }: { found: readonly Found[] }) => {
  if (found.length === 0) return null;
  const has = (severity: string) => found.some(({ finding }) => finding.severity === severity);
  const tone: Tone = has('block') ? 'bad' : has('require_approval') ? 'wait' : 'quiet';
  return (
    <span className={`${css.found} tone-${tone}`} title={count(found.length, 'finding')}>
      {found.length}
    </span>
  );
};
