import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconRefresh, IconX } from '@tabler/icons-react';
import { useId } from 'react';
import type { Promotion } from '@gatehouse/contracts';
import { Confirm } from '../../elements/Confirm.js';
import { useAct } from '../../query.js';
import { useMe } from '../../shell/me.js';
import { allowedOn } from './promotion.allowed.js';
import css from './PromotionPage.module.css';

export const PromotionActions = ({ promotion }: { readonly promotion: Promotion }) => {
  const me = useMe();
  const whyId = useId();
  const { approve, reject, abort, retry } = allowedOn(promotion, me);
  const [asking, ask] = useDisclosure(false);
  const [rejecting, rejection] = useDisclosure(false);
  const [aborting, abortion] = useDisclosure(false);
  const answer = useAct('approvals.answer', {
    done: (after) =>
      after.state === 'awaiting_approval'
        ? 'Your answer is recorded.'
        : 'Your answer is recorded, and it decided.',
  });
  const abortAct = useAct('promotions.abort', { done: () => 'Aborted. Nothing is published.' });
  const retryAct = useAct('promotions.retry', { done: () => 'Back in its lane.' });
  const params = { id: promotion.id };
  // The candidate goes along, so that an answer never counts for something the reader did not look at.
  const say = (word: 'approve' | 'reject', reason: string, close: () => void) =>
    answer.mutate(
      { params, body: { answer: word, reason, candidateId: promotion.candidateId } },
      { onSuccess: close },
    );
  if (!approve.shown && !abort.shown && !retry.shown) return null;
  const why = approve.shown ? approve.why : null;

  return (
    <>
      {why !== null && (
        <p className={css.why} id={whyId}>
          {why}
        </p>
      )}
      <div className={css.actions}>
        {approve.shown && (
          <Button
            leftSection={<IconCheck size={14} />}
            data-command="approve"
            disabled={why !== null}
            aria-describedby={why === null ? undefined : whyId}
            onClick={ask.open}
          >
            Approve
          </Button>
        )}
        {reject.shown && (
          <Button
            variant="default"
            leftSection={<IconX size={14} />}
            data-command="reject"
            disabled={reject.why !== null}
            aria-describedby={why === null ? undefined : whyId}
            onClick={rejection.open}
          >
            Reject
          </Button>
        )}
        {retry.shown && (
          <Button
            leftSection={<IconRefresh size={14} />}
            loading={retryAct.isPending}
            onClick={() => retryAct.mutate({ params })}
          >
            Try again
          </Button>
        )}
        {abort.shown && (
          <Button variant="default" onClick={abortion.open}>
            Abort
          </Button>
        )}
      </div>
      <Confirm
        opened={asking}
        onClose={ask.close}
        title="Approve this change?"
        action="Approve"
        pending={answer.isPending}
        reason="Comment (optional)"
        onConfirm={(reason) => say('approve', reason, ask.close)}
      >
        With enough approvals it is published as a branch of its own in {promotion.repository}. Your approval
        counts for exactly this content, this target and today&apos;s policy, and is recorded in the ledger
        with your name.
      </Confirm>
      <Confirm
        opened={rejecting}
        onClose={rejection.close}
        title="Reject this change?"
        action="Reject"
        danger
        pending={answer.isPending}
        reason="Reason, for the one who asked"
        reasonNeeded
        onConfirm={(reason) => say('reject', reason, rejection.close)}
      >
        One rejection is a veto: the promotion ends and nothing is published.
      </Confirm>
      <Confirm
        opened={aborting}
        onClose={abortion.close}
        title="Abort this promotion?"
        action="Abort"
        danger
        pending={abortAct.isPending}
        reason="Reason (optional)"
        onConfirm={(reason) =>
          abortAct.mutate({ params, body: reason === '' ? {} : { reason } }, { onSuccess: abortion.close })
        }
      >
        It leaves its lane and nothing is published. The candidate and its checks stay.
      </Confirm>
    </>
  );
};
