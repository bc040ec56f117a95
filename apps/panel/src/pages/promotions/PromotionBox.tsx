import { Progress } from '@mantine/core';
import { Link } from 'react-router';
import type { Promotion } from '@gatehouse/contracts';
import { Badge, ToneIcon } from '../../elements/Badge.js';
import { CopyButton, Id } from '../../elements/Copy.js';
import { Moment, useNow } from '../../elements/Moment.js';
import { Facts, Section } from '../../elements/Section.js';
import { reveal } from '../../elements/reveal.js';
import { promotionLook } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { PromotionActions } from './PromotionActions.js';
import { counted } from './promotion.allowed.js';
import { causeWords, promotionSentence } from './promotion.sentence.js';
import css from './PromotionBox.module.css';

export const Quorum = ({ promotion }: { promotion: Promotion }) => {
  const now = useNow();
  const yes = counted(promotion, now);
  if (promotion.quorum === 0 && promotion.approvals.length === 0) return null;
  const needed = Math.max(1, promotion.quorum);
  return (
    <div className={css.quorum}>
      <div className={css.count}>
        <span>Approvals</span>
        <span>
          {yes} of {needed}
        </span>
      </div>
      <Progress
        size="sm"
        value={Math.min(100, (yes / needed) * 100)}
        color={yes >= needed ? 'green' : 'accent'}
        aria-label={`${yes} of ${needed} approvals`}
      />
      {promotion.askedBecause.length > 0 && (
        <>
          <div className={css.why}>An approval is asked for because:</div>
          <ul className={css.causes}>
            {promotion.askedBecause.map((cause) => (
              <li key={JSON.stringify([cause.gate, cause.code, cause.layer, cause.rule])}>
                <div className={css.cause}>{reveal(cause.reason)}</div>
                <div className={css.reason}>{reveal(causeWords(cause))}</div>
              </li>
            ))}
          </ul>
        </>
      )}
      {promotion.approvals.length > 0 && (
        <ul className={css.answers}>
          {promotion.approvals.map((approval) => {
            const over = Date.parse(approval.expiresAt) <= now;
            return (
              <li key={approval.id}>
                <ToneIcon tone={over ? 'quiet' : approval.answer === 'approve' ? 'good' : 'bad'} size={14} />
                <div>
                  <div>
                    <strong>{approval.principal.name}</strong>{' '}
                    {approval.answer === 'approve' ? 'approved' : 'rejected'}{' '}
                    <Moment at={approval.createdAt} />
                    {over && <span className="soft"> (expired)</span>}
                  </div>
                  {approval.reason !== '' && <div className={css.reason}>{approval.reason}</div>}
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
};

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
    promotion.result?.commit
      ? (['Commit', <Id key="commit" value={promotion.result.commit} what="commit" />] as const)
      : null,
    ['Meant for', <code key="target">{promotion.target}</code>] as const,
    [
      'Level',
      promotion.level === promotion.requestedLevel
        ? promotion.level
        : `${promotion.level}, asked for ${promotion.requestedLevel}`,
    ] as const,
    promotion.degradedBecause === null ? null : (['Lowered since', promotion.degradedBecause] as const),
  ] as const;

/** The promotion beside what it would publish: where it stands, who answered, and the answer to give. */
export const PromotionBox = ({
  promotion,
  requesterId,
}: {
  promotion: Promotion;
  requesterId: string | undefined;
}) => {
  const now = useNow();
  return (
    <Section title="Promotion" aside={<Link to={paths.promotion(promotion.id)}>Open</Link>}>
      <div className={css.box}>
        <strong>
          <Badge look={promotionLook(promotion)} />
        </strong>
        <div>{promotionSentence(promotion, now)}</div>
        <Facts rows={promotionFacts(promotion)} />
        <Quorum promotion={promotion} />
        <PromotionActions promotion={promotion} requesterId={requesterId} />
      </div>
    </Section>
  );
};
