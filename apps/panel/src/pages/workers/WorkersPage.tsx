import { Button } from '@mantine/core';
import { IconAlertOctagon, IconServer } from '@tabler/icons-react';
import { canMove, capabilityStates, type CheckResult, type Worker } from '@gatehouse/contracts';
import { Badge, Tag } from '../../elements/Badge.js';
import { CommandLine } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { Banner, Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { More, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { checkLooks, workerLooks } from '../../elements/tone.js';
import { useAct, useAsk, useList } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { inOrder, moves } from './check.order.js';
import css from './WorkersPage.module.css';

const columns = [
  ['Worker'],
  ['State', 130],
  ['Sandboxes'],
  ['Running', 76, 'roomy'],
  ['Heard of', 104, 'roomy'],
  ['', 170],
] as const;

const WorkerRow = ({ worker, may }: { worker: Worker; may: boolean }) => {
  const change = useAct('workers.change', {
    done: (one) => `${one.name}: ${workerLooks[one.state].label.toLowerCase()}.`,
  });
  return (
    <tr>
      <td>
        <div className={css.name}>
          <strong>{worker.name}</strong>
          <span className="soft">
            {worker.zone === 'agent' ? 'makes patches' : 'runs commands on candidates'} · {worker.version}
          </span>
        </div>
      </td>
      <td>
        <Badge look={workerLooks[worker.state]} />
      </td>
      <td>
        <div className={css.sandboxes}>
          {worker.sandboxes.map((offer) => (
            <span key={offer.kind} title={offer.detail}>
              <Tag {...(offer.mode === 'unisolated' ? { tone: 'bad' as const } : {})}>
                {offer.kind}: {offer.mode}
              </Tag>
            </span>
          ))}
          {!worker.isolated && <Tag tone="bad">not isolated</Tag>}
        </div>
      </td>
      <td className="roomy">{worker.activeLeases}</td>
      <td className="soft roomy">
        <Moment at={worker.lastSeenAt} />
      </td>
      <td>
        <div className={css.actions}>
          {may &&
            moves
              .filter(({ to }) => canMove(capabilityStates, worker.state, to))
              .map(({ to, label, says }) => (
                <Button
                  key={to}
                  variant="default"
                  size="compact-xs"
                  title={says}
                  loading={change.isPending && change.variables.body?.state === to}
                  onClick={() => change.mutate({ params: { id: worker.id }, body: { state: to } })}
                >
                  {label}
                </Button>
              ))}
        </div>
      </td>
    </tr>
  );
};

const Check = ({ check }: { check: CheckResult }) => (
  <li className={css.check}>
    <Badge look={checkLooks[check.status]} />
    <strong>{check.title}</strong>
    <div className={css.detail}>
      <span>{check.detail}</span>
      {check.fix !== null && check.status !== 'PASS' && <CommandLine>{check.fix}</CommandLine>}
    </div>
  </li>
);

export const WorkersPage = () => {
  useTitle('Workers and health');
  const may = useMay('workers:operate');
  const list = useList('workers.list', {}, 5_000);
  const doctor = useAsk('doctor.get', {}, { every: 30_000 });
  const open = list.items.filter((worker) => !worker.isolated);
  const bare = list.items.filter((worker) => worker.sandboxes.length === 0 && worker.state === 'ready');

  return (
    <Page title="Workers and health">
      {open.length > 0 && (
        <Banner
          tone="bad"
          icon={IconAlertOctagon}
          title={`Agents run without isolation on ${open.map((worker) => worker.name).join(', ')}`}
        >
          GATEHOUSE_ALLOW_UNISOLATED is set there: an agent can read and change whatever that worker can. Use
          it only for agents you would let into your own shell. Install bubblewrap or start Docker, then unset
          it.
        </Banner>
      )}
      {bare.length > 0 && (
        <Banner
          tone="bad"
          icon={IconAlertOctagon}
          title={`No sandbox works on ${bare.map((worker) => worker.name).join(', ')}`}
        >
          Nothing is run there until one does. Install bubblewrap or start Docker; a worker offers it within
          half a minute. Health below and <code>gatehouse doctor</code> on that machine say what is missing.
        </Banner>
      )}
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      <Section title="Workers" flush>
        {list.isPending ? (
          <LoadingRows rows={3} />
        ) : list.items.length === 0 ? (
          <Empty icon={IconServer} title="No worker has made itself known">
            <p>
              Without a worker jobs wait. The embedded start runs one of each kind; more can run anywhere:
            </p>
            <CommandLine>gatehouse doctor</CommandLine>
          </Empty>
        ) : (
          <>
            <Rows label="Workers" columns={columns}>
              {list.items.map((worker) => (
                <WorkerRow key={worker.id} worker={worker} may={may} />
              ))}
            </Rows>
            <More list={list} />
          </>
        )}
      </Section>
      <Section
        title="Health"
        flush
        aside={
          <Button
            variant="default"
            size="compact-xs"
            loading={doctor.isFetching}
            onClick={() => void doctor.refetch()}
          >
            Check again
          </Button>
        }
      >
        {doctor.error ? (
          <div className={css.pad}>
            <ErrorNotice error={doctor.error} retry={() => void doctor.refetch()} />
          </div>
        ) : doctor.data === undefined ? (
          <LoadingRows rows={6} height={14} />
        ) : (
          <ul className={css.checks}>
            {inOrder(doctor.data.checks).map((check) => (
              <Check key={check.id} check={check} />
            ))}
          </ul>
        )}
      </Section>
    </Page>
  );
};
