import { Button, SegmentedControl } from '@mantine/core';
import { IconCalendarTime, IconPlus } from '@tabler/icons-react';
import { Link, useSearchParams } from 'react-router';
import { scheduleStates, statesOf, type Schedule } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { CommandLine, CopyButton } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Filters, More, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { paths } from '../../paths.js';
import { useList } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { runLooks, scheduleLooks, timesWords } from './schedule.words.js';
import css from './SchedulesPage.module.css';

const columns = [
  ['Schedule'],
  ['State', 110],
  ['Next due', 120],
  ['Last run', 190],
  ['Repository', 150],
  ['Requester', 110, 'roomy'],
] as const;
const states = statesOf(scheduleStates);

const ScheduleRow = ({ schedule }: { schedule: Schedule }) => (
  <tr>
    <td>
      <div className={css.name}>
        <Link to={paths.schedule(schedule.id)} data-row className="cut">
          {schedule.name}
        </Link>
        <span className="soft cut">{timesWords(schedule.when)}</span>
        {schedule.reason !== null && (
          <span className="soft cut" title={schedule.reason}>
            {schedule.reason}
          </span>
        )}
      </div>
    </td>
    <td>
      <Badge look={scheduleLooks[schedule.state]} />
    </td>
    <td>{schedule.nextDue === null ? null : <Moment at={schedule.nextDue} />}</td>
    <td>
      {schedule.lastRun === null ? (
        <span className="soft">{schedule.state === 'ended' ? 'never ran' : 'has not run yet'}</span>
      ) : (
        <span className={css.run}>
          <Badge look={runLooks[schedule.lastRun.state]} />
          <span className="soft">
            <Moment at={schedule.lastRun.createdAt} />
          </span>
        </span>
      )}
    </td>
    <td className="cut" title={schedule.repository ?? undefined}>
      {schedule.repository ?? <span className="soft">no repository</span>}
    </td>
    <td className="cut roomy">{schedule.createdBy.name}</td>
  </tr>
);

const example = `name: tidy-nightly
when: { cron: '0 3 * * 1-5', timezone: Europe/Berlin }
job:
  apiVersion: gatehouse.dev/v1
  kind: Job
  metadata: { name: tidy }
  spec:
    repository: acme/widgets
    goal: Remove trailing blanks
    agent: { adapter: command, command: ['./tidy'] }
`;

const NewButton = () => (
  <Button component={Link} to={paths.newSchedule} leftSection={<IconPlus size={14} />}>
    New schedule
  </Button>
);

const First = ({ mayCreate }: { mayCreate: boolean }) => (
  <Empty icon={IconCalendarTime} title="Nothing is scheduled">
    <p>A schedule submits a job by itself: once, at an interval, or at the times of a cron expression.</p>
    <div className={css.example}>
      <pre tabIndex={0} aria-label="An example of a schedule">
        {example}
      </pre>
      <CopyButton value={example} what="example" />
    </div>
    <CommandLine>gatehouse schedule create tidy.yaml</CommandLine>
    {mayCreate && <NewButton />}
  </Empty>
);

export const SchedulesPage = () => {
  useTitle('Schedules');
  const mayCreate = useMay('jobs:create');
  const [search, setSearch] = useSearchParams();
  const state = states.find((one) => one === search.get('state')) ?? null;
  const list = useList('schedules.list', state === null ? {} : { state }, 5_000);

  return (
    <Page
      title="Schedules"
      lead="Jobs that are submitted by themselves when their time comes. A run that is refused or left out says why."
      actions={mayCreate && <NewButton />}
    >
      <Filters>
        <SegmentedControl
          aria-label="Which schedules"
          value={state ?? 'all'}
          onChange={(value) => setSearch(value === 'all' ? {} : { state: value }, { replace: true })}
          data={[
            { value: 'all', label: 'All' },
            ...states.map((one) => ({ value: one, label: scheduleLooks[one].label })),
          ]}
        />
      </Filters>
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {!(list.error && list.items.length === 0) && (
        <Section flush>
          {list.isPending ? (
            <LoadingRows rows={5} />
          ) : list.items.length > 0 ? (
            <>
              <Rows label="Schedules, newest first" columns={columns}>
                {list.items.map((schedule) => (
                  <ScheduleRow key={schedule.id} schedule={schedule} />
                ))}
              </Rows>
              <More list={list} />
            </>
          ) : state === null ? (
            <First mayCreate={mayCreate} />
          ) : (
            <Empty icon={IconCalendarTime} title={`No schedule is ${state}`} />
          )}
        </Section>
      )}
    </Page>
  );
};
