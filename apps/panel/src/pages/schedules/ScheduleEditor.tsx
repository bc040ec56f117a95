import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { ApiProblem, type CallInput } from '../../api.js';
import { Checked } from '../../elements/Checked.js';
import { DocumentSection } from '../../elements/DocumentSection.js';
import { ServerSays } from '../../elements/Faults.js';
import { Moment } from '../../elements/Moment.js';
import { Section } from '../../elements/Section.js';
import { useServerCheck } from '../../elements/useServerCheck.js';
import { checkSpec } from '../jobs/spec.check.js';
import { templates } from '../jobs/templates.js';
import { atFields, formFaults, scheduleOf, type Draft, type ScheduleForm } from './schedule.form.js';
import { dueWords } from './schedule.words.js';
import { ScheduleFields } from './ScheduleFields.js';
import css from './SchedulesPage.module.css';

export type Body = CallInput<'schedules.create'>['body'];

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

const Due = ({ due, form }: { due: readonly string[]; form: ScheduleForm }) => (
  <ol className={css.due}>
    {due.map((instant) => (
      <li key={instant}>
        <span>{dueWords(instant, { timezone: form.kind === 'cron' ? form.timezone : here })}</span>
        <span className="soft">
          <Moment at={instant} />
        </span>
      </li>
    ))}
  </ol>
);

interface Props {
  readonly start: Draft;
  /** Name of a repository, for templates. */
  readonly repository: string | undefined;
  /** What the button says. */
  readonly action: string;
  readonly pending: boolean;
  /** What came of storing it. */
  readonly error: Error | null;
  /** What it holds is no longer what that error was about. */
  readonly onEdit: () => void;
  readonly onSend: (body: Body, draft: Draft) => void;
  /** Stands beside the button. */
  readonly children?: React.ReactNode;
}

/** A schedule being written: its fields, its job, and when it would be due. */
export const ScheduleEditor = ({
  start,
  repository,
  action,
  pending,
  error: refusal,
  onEdit,
  onSend,
  children,
}: Props) => {
  const [form, setForm] = useState(start.form);
  const [text, setText] = useState(start.text);
  const [tried, setTried] = useState(false);
  const check = useMemo(() => checkSpec(text), [text]);
  const { name, ...others } = formFaults(form);
  // When it is due does not hang on its name.
  const timed = check.ok && Object.keys(others).length === 0;
  const asked = timed
    ? (scheduleOf(name === undefined ? form : { ...form, name: 'new' }, check.document) as Body)
    : null;
  const server = useServerCheck('schedules.check', asked === null ? null : { body: asked });

  const change = (more: Partial<ScheduleForm>) => {
    setForm({ ...form, ...more });
    onEdit();
  };
  const write = (next: string) => {
    setText(next);
    onEdit();
  };
  const send = () => {
    setTried(true);
    if (asked === null || name !== undefined || pending) return;
    onSend(asked, { form, text });
  };

  const error = refusal ?? server.error;
  const said = error instanceof ApiProblem ? atFields(error.problem?.errors ?? [], form.kind) : {};
  // An empty name is no fault before somebody wants to store it.
  const faults = { ...said, ...others, ...((tried || form.name !== '') && name !== undefined && { name }) };
  const unplaced = error !== null && Object.keys(said).length === 0;

  return (
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
          <Button size="sm" onClick={send} disabled={!check.ok} loading={pending}>
            {action}
          </Button>
          {children}
          <span className="soft">or Ctrl Enter in the editor</span>
        </div>
        <Section title="Due next">
          <Checked
            server={server}
            before="Shown as soon as times and job are valid."
            refused="The server did not accept it; what is wrong stands at its place."
            rows={3}
          >
            {({ due }) => <Due due={due} form={form} />}
          </Checked>
        </Section>
      </div>
    </div>
  );
};
