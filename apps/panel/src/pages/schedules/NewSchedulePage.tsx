import { useRef } from 'react';
import { Link, useNavigate } from 'react-router';
import { LoadingRows } from '../../elements/Notice.js';
import { Page } from '../../elements/Section.js';
import { paths } from '../../paths.js';
import { useAct, useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { templates } from '../jobs/templates.js';
import { emptyForm } from './schedule.form.js';
import { ScheduleEditor, type Body } from './ScheduleEditor.js';

export const NewSchedulePage = () => {
  useTitle('New schedule');
  const navigate = useNavigate();
  const repositories = useAsk('repositories.list', { query: { limit: 200 } });
  const repository = repositories.data?.items[0]?.name;
  const key = useRef({ of: '', value: '' });
  const store = useAct('schedules.create', { quiet: true, done: (one) => `${one.name} is stored.` });

  const send = (body: Body) => {
    const of = JSON.stringify(body);
    // The same schedule keeps its key: a second click after a lost answer finds the first one.
    if (key.current.of !== of) key.current = { of, value: crypto.randomUUID() };
    store.mutate(
      { body, idempotencyKey: key.current.value },
      { onSuccess: (one) => void navigate(paths.schedule(one.id)) },
    );
  };

  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.schedules}>Schedules</Link> <span aria-hidden>/</span> <span>New</span>
        </>
      }
      title="New schedule"
      lead="You are the requester of every job that it submits, so somebody else approves what comes of it."
    >
      {repositories.isPending ? (
        <LoadingRows rows={8} />
      ) : (
        <ScheduleEditor
          start={{
            form: emptyForm(Intl.DateTimeFormat().resolvedOptions().timeZone),
            text: (repository === undefined ? templates.at(-1)! : templates[0]!).text(repository ?? ''),
          }}
          repository={repository}
          action="Store schedule"
          pending={store.isPending}
          error={store.error}
          onEdit={store.reset}
          onSend={send}
        />
      )}
    </Page>
  );
};
