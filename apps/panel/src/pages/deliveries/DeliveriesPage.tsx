import { Button, SegmentedControl } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFlask } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { deliveryStates, statesOf, type WebhookDelivery } from '@gatehouse/contracts';
import { Badge, Tag } from '../../elements/Badge.js';
import { FilterField } from '../../elements/FilterField.js';
import { Moment } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Filters, More, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { Shown } from '../../elements/Shown.js';
import { deliveryLooks } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { useList } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { Connect } from './Connect.js';
import { eventFault, filterOf, queryOf, searchOf, type DeliveryFilter } from './delivery.filter.js';
import { outcomeSentence, whatWord } from './delivery.words.js';
import { TryDialog } from './TryDialog.js';
import css from './Deliveries.module.css';

const columns = [
  ['Event', 210],
  ['State', 110],
  ['What came of it'],
  ['Repository', 160, 'roomy'],
  ['Received', 110],
] as const;

const Led = ({ delivery: { outcome } }: { delivery: WebhookDelivery }) => {
  if (outcome?.jobId !== undefined) return <Link to={paths.job(outcome.jobId)}>the job</Link>;
  if (outcome?.promotionId !== undefined)
    return <Link to={paths.promotion(outcome.promotionId)}>the promotion</Link>;
  return null;
};

const DeliveryRow = ({ delivery }: { delivery: WebhookDelivery }) => {
  const word = whatWord(delivery);
  return (
    <tr>
      <td>
        <Link to={paths.delivery(delivery.id)} data-row>
          {delivery.event}
        </Link>{' '}
        {delivery.action !== null && <span className="soft">{delivery.action}</span>}
      </td>
      <td>
        <Badge look={deliveryLooks[delivery.state]} />
      </td>
      <td className={css.reason}>
        {word !== null && <Tag>{word}</Tag>} <Shown text={outcomeSentence(delivery)} />{' '}
        <Led delivery={delivery} />
      </td>
      <td className="cut roomy" title={delivery.repository ?? undefined}>
        {delivery.repository}
      </td>
      <td className="soft">
        <Moment at={delivery.receivedAt} />
      </td>
    </tr>
  );
};

export const DeliveriesPage = () => {
  useTitle('Webhook deliveries');
  const [search, setSearch] = useSearchParams();
  const filter = filterOf(search);
  const list = useList('webhookDeliveries.list', queryOf(filter), 3_000);
  const mayTry = useMay('tasks:operate');
  const [trying, trial] = useDisclosure(false);
  const [cleared, setCleared] = useState(0);
  const set = (change: Partial<DeliveryFilter>) =>
    setSearch((now) => searchOf({ ...filterOf(now), ...change }), { replace: true });
  const clear = () => {
    setSearch({}, { replace: true });
    setCleared(cleared + 1);
  };
  const filtered = Object.keys(searchOf(filter)).length > 0;

  return (
    <Page
      title="Webhook deliveries"
      lead="What forges have sent, and what was done about it. Each is stored before it is answered, and handled once."
      actions={
        mayTry && (
          <Button variant="default" leftSection={<IconFlask size={14} />} onClick={trial.open}>
            Try a payload
          </Button>
        )
      }
    >
      <Filters>
        <SegmentedControl
          aria-label="Which deliveries"
          value={filter.state ?? 'all'}
          onChange={(value) => set({ state: value === 'all' ? null : (value as DeliveryFilter['state']) })}
          data={[
            { value: 'all', label: 'All' },
            ...statesOf(deliveryStates).map((one) => ({ value: one, label: deliveryLooks[one].label })),
          ]}
        />
        <FilterField
          key={cleared}
          label="Event"
          placeholder="Event, e.g. issue_comment"
          hint="The whole name of the event; press / to come here"
          value={filter.event}
          fault={eventFault}
          onSettle={(event) => set({ event })}
        />
        {filtered && (
          <Button variant="subtle" color="gray" onClick={clear}>
            Clear
          </Button>
        )}
      </Filters>
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {!(list.error && list.items.length === 0) && (
        <Section flush>
          {list.isPending ? (
            <LoadingRows rows={8} />
          ) : list.items.length === 0 ? (
            filtered ? (
              <Empty title="No delivery matches">
                <p>The event must be its whole name. Loosen the filter to see more.</p>
                <Button variant="default" onClick={clear}>
                  Clear the filter
                </Button>
              </Empty>
            ) : (
              <Connect />
            )
          ) : (
            <>
              <Rows label="Deliveries, newest first" columns={columns}>
                {list.items.map((delivery) => (
                  <DeliveryRow key={delivery.id} delivery={delivery} />
                ))}
              </Rows>
              <More list={list} />
            </>
          )}
        </Section>
      )}
      {trying && <TryDialog onClose={trial.close} />}
    </Page>
  );
};
