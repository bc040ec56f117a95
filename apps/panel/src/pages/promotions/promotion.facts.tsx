import type { Promotion } from '@gatehouse/contracts';
import { CopyButton, Id } from '../../elements/Copy.js';
import { levelWords } from '../../elements/level.words.js';
import { PullLink } from './PullLink.js';
import css from './PromotionPage.module.css';

export const promotionFacts = (promotion: Promotion) =>
  [
    promotion.result?.branch
      ? ([
          'Branch',
          <span key="branch" className={css.branch}>
            <code>{promotion.result.branch}</code>
            <CopyButton value={promotion.result.branch} what="branch name" />
          </span>,
        ] as const)
      : null,
    promotion.pullRequest === null
      ? null
      : (['Pull request', <PullLink key="pr" pull={promotion.pullRequest} />] as const),
    promotion.result?.commit
      ? (['Commit', <Id key="commit" value={promotion.result.commit} what="commit" />] as const)
      : null,
    ['Meant for', <code key="target">{promotion.target}</code>] as const,
    [
      'Level',
      promotion.level === promotion.requestedLevel
        ? levelWords[promotion.level]
        : `${levelWords[promotion.level]}; asked for: ${levelWords[promotion.requestedLevel]}`,
      'level',
    ] as const,
    promotion.degradedBecause === null ? null : (['Lowered since', promotion.degradedBecause] as const),
  ] as const;
