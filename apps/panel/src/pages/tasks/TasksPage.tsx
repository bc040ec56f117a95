import { Button, SegmentedControl } from '@mantine/core';
import { IconRefresh, IconStack2 } from '@tabler/icons-react';
import { Link, useSearchParams } from 'react-router';
import type { Task } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { Id } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Filters, More, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { taskLooks } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { useAct, useList } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import css from './TasksPage.module.css';

type State = Task['state'];
const states: readonly State[] = ['dead', 'pending', 'queued', 'running', 'done'];
const columns = [['Task'], ['State', 110], ['Tries', 70], ['Last error'], ['Made', 110], ['', 100]] as const;

const isState = (text: string | null): text is State => states.some((state) => state === text);

const Subject = ({ payload }: { payload: Task['payload'] }) => {
  const promotionId = payload['promotionId'];
  if (typeof promotionId === 'string') return <Link to={paths.promotion(promotionId)}>its promotion</Link>;
  const [name, value] = Object.entries(payload)[0] ?? [];
  return typeof value === 'string' ? <Id value={value} what={name ?? 'subject'} keep={14} /> : null;
};

const Waiting = ({ since, next }: { since: string; next: string }) => (
  <>
    No answer since <Moment at={since} />; tried again at {new Date(next).toLocaleTimeString()}.{' '}
  </>
);

export const TasksPage = () => {
  useTitle('Tasks');
  const [search, setSearch] = useSearchParams();
  const asked = search.get('state');
  const state = isState(asked) ? asked : null;
  const list = useList('tasks.list', state === null ? {} : { state }, 3_000);
  const may = useMay('tasks:operate');
  const retry = useAct('tasks.retry', { done: (task) => `${task.type} runs again.` });

  return (
    <Page
      title="Tasks"
      lead="The durable work behind every state change. A task that failed too often is dead: it waits here, and nothing of it is lost."
    >
      <Filters>
        <SegmentedControl
          aria-label="Which tasks"
          value={state ?? 'all'}
          onChange={(value) => setSearch(value === 'all' ? {} : { state: value }, { replace: true })}
          data={[
            { value: 'all', label: 'All' },
            ...states.map((one) => ({ value: one, label: taskLooks[one].label })),
          ]}
        />
      </Filters>
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {!(list.error && list.items.length === 0) && (
        <Section flush>
          {list.isPending ? (
            <LoadingRows rows={6} />
          ) : list.items.length === 0 ? (
            <Empty icon={IconStack2} title={state === 'dead' ? 'No task is dead' : 'No tasks'}>
              <p>
                {state === 'dead'
                  ? 'Everything that was begun went through, or still tries.'
                  : 'They come with the first job.'}
              </p>
            </Empty>
          ) : (
            <>
              <Rows label="Tasks, newest first" columns={columns}>
                {list.items.map((task) => (
                  <tr key={task.id}>
                    <td>
                      <div className={css.name}>
                        <strong>{task.type}</strong>
                        <Subject payload={task.payload} />
                      </div>
                    </td>
                    <td>
                      <Badge look={taskLooks[task.state]} />
                    </td>
                    <td className="nowrap">
                      {task.attempts} of {task.maxAttempts}
                    </td>
                    <td className={css.error}>
                      {task.outageSince !== null && <Waiting since={task.outageSince} next={task.runAt} />}
                      {task.lastError}
                    </td>
                    <td className="soft">
                      <Moment at={task.createdAt} />
                    </td>
                    <td>
                      {may && task.state === 'dead' && (
                        <Button
                          size="compact-xs"
                          variant="default"
                          leftSection={<IconRefresh size={12} />}
                          loading={retry.isPending && retry.variables.params.id === task.id}
                          onClick={() => retry.mutate({ params: { id: task.id } })}
                        >
                          Try again
                        </Button>
                      )}
                    </td>
                  </tr>
                ))}
              </Rows>
              <More list={list} />
            </>
          )}
        </Section>
      )}
    </Page>
  );
};
