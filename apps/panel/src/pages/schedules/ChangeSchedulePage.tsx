import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { Schedule } from '@gatehouse/contracts';
import { Banner, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Page } from '../../elements/Section.js';
import { paths } from '../../paths.js';
import { useAct, useAsk } from '../../query.js';
import { useMe } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { changesOf, draftOf, type Draft } from './schedule.form.js';
import { allowedOn } from './schedule.words.js';
import { ScheduleEditor, type Body } from './ScheduleEditor.js';

export const ChangeSchedulePage = () => {
  const { id = '' } = useParams();
  const schedule = useAsk('schedules.get', { params: { id } }, { every: 5_000 });
  const [from, begin] = useState<Schedule>();
  useTitle('Change a schedule');
  const stored = schedule.data;
  // Once: what is read later does not take away what is being written.
  if (from === undefined && stored !== undefined) begin(stored);
  if (stored === undefined || from === undefined)
    return (
      <Page title="Change a schedule">
        {schedule.error ? (
          <ErrorNotice error={schedule.error} retry={() => void schedule.refetch()} />
        ) : (
          <LoadingRows rows={8} />
        )}
      </Page>
    );
  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.schedules}>Schedules</Link> <span aria-hidden>/</span>{' '}
          <Link to={paths.schedule(id)}>{stored.name}</Link> <span aria-hidden>/</span> <span>Change</span>
        </>
      }
      title={`Change ${stored.name}`}
      lead="What has run stays as it is. From the next due time on, this counts."
    >
      <Changing key={from.version} from={from} stored={stored} onBegin={begin} />
    </Page>
  );
};

interface Props {
  /** What the reader began with. */
  readonly from: Schedule;
  /** What is stored now. */
  readonly stored: Schedule;
  readonly onBegin: (schedule: Schedule) => void;
}

const Changing = ({ from, stored, onBegin }: Props) => {
  const navigate = useNavigate();
  const may = allowedOn(stored, useMe());
  const draft = useMemo(() => draftOf(from), [from]);
  const change = useAct('schedules.change', { quiet: true, done: (one) => `${one.name} is changed.` });
  const isOver = stored.state === 'ended';
  if (!may.change)
    return (
      <Banner tone="wait" title={isOver ? 'It has ended' : 'It is not yours to change'}>
        {isOver
          ? 'What has ended stays as it was. Store a new schedule instead.'
          : `Only ${stored.createdBy.name} may change what it says, since its jobs are theirs. Store one of your own.`}
      </Banner>
    );

  const leave = () => void navigate(paths.schedule(stored.id));
  const send = (body: Body, written: Draft) => {
    const changes = changesOf(body, draft, written);
    if (Object.keys(changes).length === 0) return leave();
    const params = { id: stored.id };
    change.mutate({ params, body: { version: from.version, ...changes } }, { onSuccess: leave });
  };
  return (
    <>
      {stored.version !== from.version && !change.isPending && !change.isSuccess && (
        <Banner
          tone="wait"
          title="It was changed meanwhile"
          actions={
            <Button variant="default" onClick={() => onBegin(stored)}>
              Begin again with that
            </Button>
          }
        >
          What is written here began with version {from.version}; version {stored.version} is stored.
        </Banner>
      )}
      <ScheduleEditor
        start={draft}
        repository={stored.repository ?? undefined}
        action="Store changes"
        pending={change.isPending}
        error={change.error}
        onEdit={change.reset}
        onSend={send}
      >
        <Button size="sm" variant="default" component={Link} to={paths.schedule(stored.id)}>
          Leave it
        </Button>
      </ScheduleEditor>
    </>
  );
};
