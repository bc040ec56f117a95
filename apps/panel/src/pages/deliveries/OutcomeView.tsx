import { Link } from 'react-router';
import type { DeliveryOutcome } from '@gatehouse/contracts';
import { Id } from '../../elements/Copy.js';
import { Facts } from '../../elements/Section.js';
import { paths } from '../../paths.js';
import { useAsk } from '../../query.js';
import { useMay } from '../../shell/me.js';

const JobLink = ({ id }: { id: string }) => {
  const job = useAsk('jobs.get', { params: { id } });
  return <Link to={paths.job(id)}>{job.data?.name ?? 'its job'}</Link>;
};

/** A session has no page: it is shown on that of its job. */
const SessionLink = ({ id }: { id: string }) => {
  const may = useMay('jobs:read');
  const session = useAsk('sessions.get', { params: { id } }, { enabled: may });
  return session.data === undefined ? (
    <Id value={id} what="session id" keep={30} />
  ) : (
    <JobLink id={session.data.jobId} />
  );
};

const TriggerLink = ({ id }: { id: string }) => {
  const trigger = useAsk('triggers.get', { params: { id } });
  return <Link to={paths.trigger(id)}>{trigger.data?.name ?? 'the trigger'}</Link>;
};

/** What a delivery led to; each a link. */
export const OutcomeFacts = ({ outcome }: { outcome: DeliveryOutcome }) => (
  <Facts
    rows={[
      outcome.jobId === undefined ? null : ['Job', <JobLink key="job" id={outcome.jobId} />, 'job'],
      outcome.sessionId === undefined || outcome.jobId !== undefined
        ? null
        : ['Job', <SessionLink key="session" id={outcome.sessionId} />, 'job'],
      outcome.promotionId === undefined
        ? null
        : [
            'Promotion',
            <Link key="promotion" to={paths.promotion(outcome.promotionId)}>
              its promotion
            </Link>,
            'promotion',
          ],
      outcome.triggerId === undefined
        ? null
        : ['Trigger', <TriggerLink key="trigger" id={outcome.triggerId} />, 'trigger'],
      outcome.principal === undefined ? null : ['Who', outcome.principal],
    ]}
  />
);
