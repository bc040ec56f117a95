import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { ApiProblem, call, type CallInput } from '../../api.js';
import { DocumentSection } from '../../elements/DocumentSection.js';
import { ServerSays } from '../../elements/Faults.js';
import { Moment } from '../../elements/Moment.js';
import { LoadingRows } from '../../elements/Notice.js';
import { Page, Section } from '../../elements/Section.js';
import { paths } from '../../paths.js';
import { useAct, useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { checkSpec } from '../jobs/spec.check.js';
import { templates } from '../jobs/templates.js';
import { atFields, emptyForm, formFaults, scheduleOf, type ScheduleForm } from './schedule.form.js';
import { dueWords } from './schedule.words.js';
import { ScheduleFields } from './ScheduleFields.js';
import css from './SchedulesPage.module.css';

type Body = CallInput<'schedules.create'>['body'];

/** Whether it would be stored and when it would be due, asked when the typing pauses. */
const useServerCheck = (body: Body | null) => {
  const now = body === null ? null : JSON.stringify(body);
  const [asked] = useDebouncedValue(now, 400);
  const { data, error } = useQuery({
    queryKey: ['schedules.check', asked],
    queryFn: ({ signal }) => call('schedules.check', { body: JSON.parse(asked ?? '{}') as Body, signal }),
    enabled: asked !== null && body !== null,
    retry: false,
    staleTime: 30_000,
  });
  // What was said of other times is not shown for these.
  return asked === now ? { data, error } : { data: undefined, error: null };
};

const Due = ({ due, form }: { due: readonly string[]; form: ScheduleForm }) => (
  <ol className={css.due}>
    {due.map((instant) => (
      <li key={instant}>
        <span>
          {dueWords(instant, {
            timezone: form.kind === 'cron' ? form.timezone : Intl.DateTimeFormat().resolvedOptions().timeZone,
          })}
        </span>
        <span className="soft">
          <Moment at={instant} />
        </span>
      </li>
    ))}
  </ol>
);

export const NewSchedulePage = () => {
  useTitle('New schedule');
  const navigate = useNavigate();
  const repositories = useAsk('repositories.list', { query: { limit: 200 } });
  const [form, setForm] = useState(() => emptyForm(Intl.DateTimeFormat().resolvedOptions().timeZone));
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const key = useRef({ of: '', value: '' });
  const check = useMemo(() => checkSpec(text), [text]);
  const { name, ...others } = formFaults(form);
  // When it is due does not hang on its name.
  const timed = check.ok && Object.keys(others).length === 0;
  const asked = timed
    ? (scheduleOf(name === undefined ? form : { ...form, name: 'new' }, check.document) as Body)
    : null;
  const body = name === undefined ? asked : null;
  const server = useServerCheck(asked);
  const store = useAct('schedules.create', { quiet: true, done: (one) => `${one.name} is stored.` });

  const repository = repositories.data?.items[0]?.name;
  const begun = text !== '';
  useEffect(() => {
    if (begun || repositories.isPending) return;
    setText((repository === undefined ? templates.at(-1)! : templates[0]!).text(repository ?? ''));
  }, [begun, repositories.isPending, repository]);

  const change = (more: Partial<ScheduleForm>) => {
    setForm({ ...form, ...more });
    store.reset();
  };
  const write = (next: string) => {
    setText(next);
    store.reset();
  };
  const send = () => {
    setTried(true);
    if (body === null || store.isPending) return;
    const of = JSON.stringify(body);
    // The same schedule keeps its key: a second click after a lost answer finds the first one.
    if (key.current.of !== of) key.current = { of, value: crypto.randomUUID() };
    store.mutate(
      { body, idempotencyKey: key.current.value },
      { onSuccess: (one) => void navigate(paths.schedule(one.id)) },
    );
  };

  const error = store.error ?? (timed ? server.error : null);
  const said = error instanceof ApiProblem ? atFields(error.problem?.errors ?? [], form.kind) : {};
  // An empty name is no fault before somebody wants to store it.
  const faults = { ...said, ...others, ...((tried || form.name !== '') && name !== undefined && { name }) };
  const unplaced = error !== null && Object.keys(said).length === 0;

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
      <div className={css.columns}>
        <div className={css.column}>
          <Section title="Schedule">
            <ScheduleFields form={form} faults={faults} onChange={change} />
          </Section>
          <DocumentSection
            label="JobSpec, YAML or JSON"
            before="The job it submits"
            text={text}
            onChange={write}
            onSubmit={send}
            check={check}
            templates={templates}
            textOf={(template) => template.text(repository ?? 'owner/name')}
          />
        </div>
        <div className={css.column}>
          {unplaced && <ServerSays error={error} />}
          <div className={css.tools}>
            <Button size="sm" onClick={send} disabled={!check.ok} loading={store.isPending}>
              Store schedule
            </Button>
            <span className="soft">or Ctrl Enter in the editor</span>
          </div>
          <Section title="Due next">
            {asked === null ? (
              <span className="soft">Shown as soon as times and job are valid.</span>
            ) : server.data ? (
              <Due due={server.data.due} form={form} />
            ) : server.error ? (
              <span className="soft">The server did not accept it; what is wrong stands at its place.</span>
            ) : (
              <LoadingRows rows={3} height={14} />
            )}
          </Section>
        </div>
      </div>
    </Page>
  );
};
