import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMessagePlus } from '@tabler/icons-react';
import type { Job, Promotion } from '@gatehouse/contracts';
import { Confirm } from '../../elements/Confirm.js';
import { useAct, useAsk } from '../../query.js';
import { useMe } from '../../shell/me.js';
import { changeAllowed } from './change.allowed.js';

/** As long as the API takes. */
const mostText = 8_000;

interface Props {
  readonly promotion: Promotion;
  readonly job: Job | undefined;
}

/** Asks for a change of what the open pull request shows. */
export const AskChange = ({ promotion, job }: Props) => {
  const me = useMe();
  const [asking, ask] = useDisclosure(false);
  const { pullRequest: pull, sessionId } = promotion;
  const params = { id: sessionId };
  const session = useAsk('sessions.get', { params }, { enabled: pull?.state === 'open', every: 5_000 });
  const request = useAct('sessions.request_change', {
    done: () => 'Asked. A further attempt goes on from what is published.',
  });
  const allowed = changeAllowed({ pull, session: session.data, job }, me);
  if (!allowed.shown || pull === null) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconMessagePlus size={14} />}
        disabled={allowed.why !== null}
        title={allowed.why ?? undefined}
        onClick={ask.open}
      >
        Ask for a change
      </Button>
      <Confirm
        opened={asking}
        onClose={ask.close}
        title={`Ask for a change of pull request ${pull.number}`}
        action="Ask"
        pending={request.isPending}
        reason="What should be different"
        reasonNeeded
        reasonMax={mostText}
        onConfirm={(text) => request.mutate({ params, body: { text } }, { onSuccess: ask.close })}
      >
        The agent goes on from what is published and is told these words. What it makes is checked in full
        again, and becomes a further commit of the same pull request.
      </Confirm>
    </>
  );
};
