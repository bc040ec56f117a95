import type { ApprovalCause, Promotion } from '@gatehouse/contracts';
import { ToneIcon } from '../../elements/Badge.js';
import { Moment, useNow } from '../../elements/Moment.js';
import { Shown } from '../../elements/Shown.js';
import { causeReason, causeWords, missingOf } from './promotion.sentence.js';
import css from './Approvals.module.css';

const Given = ({ promotion, now }: { promotion: Promotion; now: number }) =>
  promotion.approvals.map((approval) => {
    const over = Date.parse(approval.expiresAt) <= now;
    const yes = approval.answer === 'approve';
    return (
      <tr key={approval.id}>
        <td>
          <strong>{approval.principal.name}</strong>
        </td>
        <td className={css.answer}>
          <ToneIcon tone={over ? 'quiet' : yes ? 'good' : 'bad'} size={14} />
          {yes ? 'approved' : 'rejected'}
          {over && <span className="soft"> (expired)</span>}
        </td>
        <td className="soft">
          <Moment at={approval.createdAt} />
        </td>
        <td className={css.reason}>
          {approval.reason === '' ? (
            <span className="soft">no comment</span>
          ) : (
            <Shown text={approval.reason} />
          )}
        </td>
      </tr>
    );
  });

const Missing = ({ promotion, missing }: { promotion: Promotion; missing: number }) => (
  <tr>
    <td colSpan={4} className={css.missing}>
      <ToneIcon tone="wait" size={14} />
      <span>
        <strong>{missing} more</strong> needed, from anybody with the role approver but{' '}
        {promotion.requestedBy.name}, who asked for it
      </span>
    </td>
  </tr>
);

const Cause = ({ cause }: { cause: ApprovalCause }) => (
  <li>
    <div>
      <Shown text={causeReason(cause)} />
    </div>
    <div className={css.whose}>
      <Shown text={causeWords(cause)} />
    </div>
  </li>
);

/** Who answered what, when and why; what is still needed, from whom; and what asks for it. */
export const Approvals = ({ promotion }: { promotion: Promotion }) => {
  const now = useNow();
  const { approvals, state, askedBecause } = promotion;
  const missing = state === 'awaiting_approval' ? missingOf(promotion) : 0;
  if (approvals.length === 0 && missing === 0) return null;
  return (
    <div className={css.box}>
      <table className={css.table} aria-label="Approvals">
        <thead className={approvals.length === 0 ? css.none : undefined}>
          <tr>
            {['Who', 'Answer', 'When', 'Reason'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Given promotion={promotion} now={now} />
          {missing > 0 && <Missing promotion={promotion} missing={missing} />}
        </tbody>
      </table>
      {askedBecause.length > 0 && (
        <div>
          <h3 className={css.because}>Asked for because</h3>
          <ul className={css.causes}>
            {askedBecause.map((cause) => (
              <Cause key={JSON.stringify([cause.gate, cause.code, cause.layer, cause.rule])} cause={cause} />
            ))}
          </ul>
        </div>
      )}
    </div>
  );
};

export const hasApprovals = ({ state, approvals }: Promotion): boolean =>
  state === 'awaiting_approval' || approvals.length > 0;
