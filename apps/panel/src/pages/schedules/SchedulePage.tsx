import { Link, useParams } from 'react-router';
import type { Schedule, ScheduleRun } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { CopyButton, Id } from '../../elements/Copy.js';
import { Linked } from '../../elements/Linked.js';
import { Moment } from '../../elements/Moment.js';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Rows } from '../../elements/Rows.js';
import { Facts, Page, Section } from '../../elements/Section.js';
import { paths } from '../../paths.js';
import { useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { jobText } from './schedule.form.js';
import { ScheduleActions } from './ScheduleActions.js';
import { dueWords, ruleWords, runLooks, runWords, scheduleLooks, timesWords } from './schedule.words.js';
import css from './SchedulesPage.module.css';

const shown = 100;
const columns = [['Due', 180], ['State', 120], ['What came of it']] as const;

export const SchedulePage = () => {
  const { id = '' } = useParams();
  const schedule = useAsk('schedules.get', { params: { id } }, { every: 5_000 });
  useTitle(schedule.data?.name ?? 'Schedule');
  if (schedule.data !== undefined) return <Loaded schedule={schedule.data} lost={schedule.error} />;
  return (
    <Page title="Schedule">
      {schedule.error ? (
        <ErrorNotice error={schedule.error} retry={() => void schedule.refetch()} />
      ) : (
        <LoadingRows rows={8} />
      )}
    </Page>
  );
};

const RunRow = ({ run }: { run: ScheduleRun }) => {
  const words = runWords(run);
  return (
    <tr>
      <td>
        <Moment at={run.dueAt} />
      </td>
      <td>
        <Badge look={runLooks[run.state]} />
      </td>
      <td>
        <div className={css.name}>
          {run.jobId !== null && (
            <Link to={paths.job(run.jobId)} data-row>
              Its job
            </Link>
          )}
          {words !== null && (
            <span className={css.why}>
              <Linked text={words} />
            </span>
          )}
        </div>
      </td>
    </tr>
  );
};

const Loaded = ({ schedule, lost }: { schedule: Schedule; lost: Error | null }) => {
  const runs = useAsk(
    'schedules.runs',
    { params: { id: schedule.id }, query: { limit: shown } },
    { every: 5_000 },
  );
  const items = runs.data?.items ?? [];
  const text = jobText(schedule.job);
  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.schedules}>Schedules</Link> <span aria-hidden>/</span> <span>{schedule.name}</span>
        </>
      }
      title={schedule.name}
      status={scheduleLooks[schedule.state]}
      lead={[timesWords(schedule.when), ...(schedule.reason === null ? [] : [schedule.reason])].join(' · ')}
      actions={<ScheduleActions schedule={schedule} />}
    >
      {lost && <ErrorNotice error={lost} />}
      <div className={css.columns}>
        <div className={css.column}>
          <Section title="Runs" flush>
            {runs.error ? (
              <div className={css.pad}>
                <ErrorNotice error={runs.error} retry={() => void runs.refetch()} />
              </div>
            ) : runs.isPending ? (
              <LoadingRows rows={4} />
            ) : items.length === 0 ? (
              <p className={css.none}>It has not run yet.</p>
            ) : (
              <Rows label="Runs, newest first" columns={columns}>
                {items.map((run) => (
                  <RunRow key={run.id} run={run} />
                ))}
              </Rows>
            )}
            {runs.data?.next != null && (
              <p className={css.none}>
                The newest {shown}. <code>gatehouse schedule runs {schedule.name}</code> shows them all.
              </p>
            )}
          </Section>
        </div>
        <div className={css.column}>
          <Section title="Schedule">
            <Facts
              rows={[
                ['When', timesWords(schedule.when)],
                schedule.nextDue === null
                  ? null
                  : [
                      'Next due',
                      <span key="next">
                        <Moment at={schedule.nextDue} />
                        <span className="soft"> · {dueWords(schedule.nextDue, schedule.when)}</span>
                      </span>,
                    ],
                [
                  'Rules',
                  <span key="rules" className={css.name}>
                    {ruleWords(schedule).map((rule) => (
                      <span key={rule}>{rule}</span>
                    ))}
                  </span>,
                ],
                ['Repository', schedule.repository ?? 'none'],
                ['Requester', schedule.createdBy.name],
                ['Stored', <Moment key="at" at={schedule.createdAt} />],
                ['Schedule id', <Id key="id" value={schedule.id} what="schedule id" keep={30} />],
              ]}
            />
          </Section>
          <Section title="Its job" aside={<CopyButton value={text} what="spec" />}>
            <pre className={css.text} tabIndex={0} aria-label="The JobSpec that it submits">
              {text}
            </pre>
          </Section>
        </div>
      </div>
    </Page>
  );
};
