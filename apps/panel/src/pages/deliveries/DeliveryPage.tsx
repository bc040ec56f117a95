import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFlask, IconRepeat } from '@tabler/icons-react';
import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import type { WebhookDelivery } from '@gatehouse/contracts';
import { Tag } from '../../elements/Badge.js';
import { Confirm } from '../../elements/Confirm.js';
import { CopyButton, Id } from '../../elements/Copy.js';
import { Lasting, Moment } from '../../elements/Moment.js';
import { bytes } from '../../elements/moment.format.js';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Facts, Page, Section } from '../../elements/Section.js';
import { Shown } from '../../elements/Shown.js';
import { deliveryLooks } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { useAct, useAsk } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { hasLinks, laidOut, outcomeSentence, payloadOf, whatWord } from './delivery.words.js';
import { OutcomeFacts } from './OutcomeView.js';
import { TrialView } from './TrialView.js';
import css from './Deliveries.module.css';

export const DeliveryPage = () => {
  const { id = '' } = useParams();
  const delivery = useAsk('webhookDeliveries.get', { params: { id } }, { every: 3_000 });
  useTitle(delivery.data === undefined ? 'Delivery' : `Delivery of ${delivery.data.event}`);
  if (delivery.data !== undefined) return <Loaded delivery={delivery.data} lost={delivery.error} />;
  return (
    <Page title="Delivery">
      {delivery.error ? (
        <ErrorNotice error={delivery.error} retry={() => void delivery.refetch()} />
      ) : (
        <LoadingRows rows={8} />
      )}
    </Page>
  );
};

const Payload = ({ text, cut, size }: { text: string; cut: boolean; size: number }) => {
  const shown = useMemo(() => laidOut(text), [text]);
  return (
    <Section
      flush
      title="Payload"
      aside={
        <>
          {cut ? `the first MiB of ${bytes(size)}` : bytes(size)}
          <CopyButton value={text} what="payload" />
        </>
      }
    >
      <pre className={css.payload} tabIndex={0} aria-label="Payload">
        <Shown text={shown} />
      </pre>
    </Section>
  );
};

const Loaded = ({ delivery, lost }: { delivery: WebhookDelivery; lost: Error | null }) => {
  const mayOperate = useMay('tasks:operate');
  const [asking, ask] = useDisclosure(false);
  const params = { id: delivery.id };
  const payload = useAsk('webhookDeliveries.payload', { params }, { enabled: mayOperate });
  const trial = useAct('webhooks.dryRun', { quiet: true });
  const replay = useAct('webhookDeliveries.replay', { done: () => 'It is handled once more.' });
  const given = useMemo(
    () => (payload.data === undefined || payload.data.cut ? null : payloadOf(payload.data.text)),
    [payload.data],
  );
  const word = whatWord(delivery);
  const { outcome } = delivery;

  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.deliveries}>Webhook deliveries</Link> <span aria-hidden>/</span>{' '}
          <span>{delivery.event}</span>
        </>
      }
      title={delivery.action === null ? delivery.event : `${delivery.event}, ${delivery.action}`}
      status={deliveryLooks[delivery.state]}
      lead={<Shown text={outcomeSentence(delivery)} />}
      actions={
        mayOperate && (
          <>
            {given?.ok === true && (
              <Button
                variant="default"
                leftSection={<IconFlask size={14} />}
                loading={trial.isPending}
                onClick={() => trial.mutate({ body: { event: delivery.event, payload: given.payload } })}
              >
                Dry run
              </Button>
            )}
            <Button
              variant="default"
              leftSection={<IconRepeat size={14} />}
              disabled={delivery.state === 'received'}
              onClick={ask.open}
            >
              Replay
            </Button>
          </>
        )
      }
    >
      {lost && <ErrorNotice error={lost} />}
      <div className={css.columns}>
        <div className={css.column}>
          {trial.error && <ErrorNotice error={trial.error} />}
          {trial.data && (
            <Section title="What it would do now">
              <TrialView trial={trial.data} />
            </Section>
          )}
          {payload.data && <Payload {...payload.data} size={delivery.bytes} />}
          {payload.error && <ErrorNotice error={payload.error} retry={() => void payload.refetch()} />}
          {!mayOperate && (
            <Section title="Payload">
              <p className={css.text}>Only an operator or an admin reads it.</p>
            </Section>
          )}
          {mayOperate && payload.isPending && <LoadingRows rows={8} height={14} />}
        </div>
        <div className={css.column}>
          <Section title="What came of it">
            <div className={css.stack}>
              <p className={css.text}>
                {word !== null && <Tag>{word}</Tag>} <Shown text={outcomeSentence(delivery)} />
              </p>
              {outcome !== null && (hasLinks(outcome) || outcome.principal !== undefined) && (
                <OutcomeFacts outcome={outcome} />
              )}
            </div>
          </Section>
          <Section title="Delivery">
            <Facts
              rows={[
                delivery.repository === null ? null : ['Repository', delivery.repository],
                ['Event', <code key="event">{delivery.event}</code>],
                delivery.action === null ? null : ['Action', <code key="action">{delivery.action}</code>],
                ['Size', bytes(delivery.bytes)],
                ['Received', <Moment key="received" at={delivery.receivedAt} />],
                delivery.handledAt === null
                  ? null
                  : ['Handled after', <Lasting key="l" from={delivery.receivedAt} to={delivery.handledAt} />],
                [
                  'Id at the forge',
                  <Id key="forge" value={delivery.deliveryId} what="id at the forge" keep={36} />,
                ],
                ['Id here', <Id key="id" value={delivery.id} what="delivery id" keep={30} />],
              ]}
            />
          </Section>
        </div>
      </div>
      <Confirm
        opened={asking}
        onClose={ask.close}
        title="Handle it once more?"
        action="Replay"
        pending={replay.isPending}
        onConfirm={() => replay.mutate({ params }, { onSuccess: ask.close })}
      >
        It is handled as if it came now: rights are asked of the forge again. What has had its effect already,
        such as a job, is not done a second time.
      </Confirm>
    </Page>
  );
};
