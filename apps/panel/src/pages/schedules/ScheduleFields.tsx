import { SegmentedControl, Select, TextInput } from '@mantine/core';
import type { FieldFaults, Kind, ScheduleForm } from './schedule.form.js';
import { catchUpWords, overlapWords } from './schedule.words.js';
import css from './SchedulesPage.module.css';

const zones = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];
const local = Intl.DateTimeFormat().resolvedOptions().timeZone;

interface Props {
  readonly form: ScheduleForm;
  readonly faults: FieldFaults;
  readonly onChange: (change: Partial<ScheduleForm>) => void;
}

const Times = ({ form, faults, onChange }: Props) => {
  if (form.kind === 'once')
    return (
      <TextInput
        size="sm"
        type="datetime-local"
        label="Time"
        description={`On your clock, ${local}`}
        value={form.once}
        error={faults.once}
        onChange={(event) => onChange({ once: event.currentTarget.value })}
      />
    );
  if (form.kind === 'every')
    return (
      <div className={css.pair}>
        <div className={css.interval}>
          <TextInput
            size="sm"
            label="Every"
            description="From 1 minute to 366 days"
            inputMode="numeric"
            value={form.count}
            error={faults.every}
            onChange={(event) => onChange({ count: event.currentTarget.value })}
          />
          <Select
            size="sm"
            label="Unit"
            description="Of the interval"
            allowDeselect={false}
            value={form.unit}
            onChange={(unit) => unit !== null && onChange({ unit: unit as ScheduleForm['unit'] })}
            data={[
              ...(form.unit === 's' ? [{ value: 's', label: 'seconds' }] : []),
              { value: 'm', label: 'minutes' },
              { value: 'h', label: 'hours' },
              { value: 'd', label: 'days' },
            ]}
          />
        </div>
        <TextInput
          size="sm"
          type="datetime-local"
          label="First time"
          description={`On your clock, ${local}; empty: one interval from now`}
          value={form.from}
          error={faults.from}
          onChange={(event) => onChange({ from: event.currentTarget.value })}
        />
      </div>
    );
  return (
    <div className={css.pair}>
      <TextInput
        size="sm"
        label="Cron expression"
        description="Minute, hour, day of the month, month, day of the week"
        placeholder="0 3 * * 1-5"
        value={form.cron}
        error={faults.cron}
        spellCheck={false}
        onChange={(event) => onChange({ cron: event.currentTarget.value })}
      />
      <Select
        size="sm"
        label="Time zone"
        description="Summer time is followed"
        searchable
        allowDeselect={false}
        nothingFoundMessage="No time zone of this name"
        value={form.timezone}
        error={faults.timezone}
        onChange={(timezone) => timezone !== null && onChange({ timezone })}
        data={zones}
      />
    </div>
  );
};

/** Everything of a schedule but its job. */
export const ScheduleFields = ({ form, faults, onChange }: Props) => (
  <div className={css.fields}>
    <TextInput
      size="sm"
      label="Name"
      description="Lower case, with dashes"
      placeholder="tidy-nightly"
      value={form.name}
      error={faults.name}
      onChange={(event) => onChange({ name: event.currentTarget.value })}
    />
    <SegmentedControl
      aria-label="How often"
      value={form.kind}
      onChange={(kind) => onChange({ kind: kind as Kind })}
      data={[
        { value: 'once', label: 'Once' },
        { value: 'every', label: 'Interval' },
        { value: 'cron', label: 'Cron' },
      ]}
    />
    <Times form={form} faults={faults} onChange={onChange} />
    <div className={css.pair}>
      <div className={css.choice}>
        <span className={css.label}>After a downtime</span>
        <SegmentedControl
          aria-label="After a downtime"
          value={form.catchUp}
          onChange={(catchUp) => onChange({ catchUp: catchUp as ScheduleForm['catchUp'] })}
          data={[
            { value: 'last', label: 'Catch up' },
            { value: 'skip', label: 'Leave out' },
          ]}
        />
        <span className="soft">{catchUpWords[form.catchUp]}</span>
      </div>
      <div className={css.choice}>
        <span className={css.label}>While the job before still runs</span>
        <SegmentedControl
          aria-label="While the job before still runs"
          value={form.overlap}
          onChange={(overlap) => onChange({ overlap: overlap as ScheduleForm['overlap'] })}
          data={[
            { value: 'skip', label: 'Leave out' },
            { value: 'allow', label: 'Run beside it' },
          ]}
        />
        <span className="soft">{overlapWords[form.overlap]}</span>
      </div>
    </div>
  </div>
);
