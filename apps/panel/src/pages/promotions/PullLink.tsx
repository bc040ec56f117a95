import type { PullRequest } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { pullLook } from '../../elements/tone.js';
import css from './PromotionPage.module.css';

/** A pull request by the name that people know it by, and where it stands. */
export const PullLink = ({ pull }: { pull: PullRequest }) => {
  const name = `${pull.repository}#${pull.number}`;
  return (
    <span className={css.pull}>
      {/^https?:\/\//.test(pull.url) ? (
        <a href={pull.url} target="_blank" rel="noreferrer" title={pull.url}>
          {name}
        </a>
      ) : (
        <span>{name}</span>
      )}
      <Badge look={pullLook(pull)} />
    </span>
  );
};
