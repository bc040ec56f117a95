import { ActionIcon } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import { HarvestReport, type Attempt } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { Id } from '../../elements/Copy.js';
import { Lasting, Moment } from '../../elements/Moment.js';
import { bytes } from '../../elements/moment.format.js';
import { Rows } from '../../elements/Rows.js';
import { Facts, Section } from '../../elements/Section.js';
import { attemptLooks } from '../../elements/tone.js';
import { HarvestView } from './HarvestView.js';
import css from './Attempts.module.css';

const columns = [
  ['', 44],
  ['Attempt', 110],
  ['State', 150],
  ['Ran on', undefined, 'roomy'],
  ['Exit', 56],
  ['Took', 84],
] as const;

const ranOn = (attempt: Attempt): string =>
  [attempt.capability ?? 'not chosen yet', attempt.worker].filter(Boolean).join(' · ');

const Files = ({ files }: { files: Attempt['files'] }) => (
  <ul className={css.paths}>
    {files.map((file) => (
      <li key={file.path}>
        <a href={`/api/v1/artifacts/${file.artifact}/content`} download={file.path.split('/').at(-1)}>
          <code>{file.path}</code>
        </a>{' '}
        <span className="soft">{bytes(file.size)}</span>
      </li>
    ))}
  </ul>
);

const Detail = ({ attempt }: { attempt: Attempt }) => (
  <div className={css.detail}>
    {attempt.reason && (
      <p>
        {attempt.reason.message} <code className="soft">{attempt.reason.code}</code>
      </p>
    )}
    <Facts
      rows={[
        ['Attempt', <Id key="id" value={attempt.id} what="attempt id" keep={30} />],
        ['Ran on', ranOn(attempt)],
        ['Queued', <Moment key="at" at={attempt.createdAt} />],
        attempt.leaseGeneration === null ? null : ['Lease', `generation ${attempt.leaseGeneration}`],
      ]}
    />
    {attempt.report && <HarvestView report={attempt.report} />}
    {attempt.files.length > 0 && <Files files={attempt.files} />}
  </div>
);

/** Something a reader should see without asking: a reason, files, or what harvest left behind. */
const isNotable = (attempt: Attempt): boolean => {
  if (attempt.reason !== null || attempt.files.length > 0) return true;
  const report = HarvestReport.safeParse(attempt.report);
  return report.success && report.data.killedProcesses + report.data.refusedCount > 0;
};

export const Attempts = ({ attempts, live }: { attempts: readonly Attempt[]; live: boolean }) => {
  const [open, setOpen] = useState<Readonly<Record<string, boolean>>>({});
  return (
    <Section title="Attempts" flush>
      {attempts.length === 0 ? (
        <p className={css.none}>
          {live ? 'No attempt yet. One is queued as soon as the base is pinned.' : 'No attempt was made.'}
        </p>
      ) : (
        <Rows label="Attempts, oldest first" columns={columns}>
          {attempts.map((attempt) => {
            // What needs a look is open from the start.
            const isOpen = open[attempt.id] ?? isNotable(attempt);
            const name = `${attempt.purpose === 'agent' ? 'Agent' : 'Validation'} ${attempt.number}`;
            return (
              <Fragment key={attempt.id}>
                <tr>
                  <td>
                    <ActionIcon
                      size={20}
                      aria-label={`Details of ${name}`}
                      aria-expanded={isOpen}
                      onClick={() => setOpen({ ...open, [attempt.id]: !isOpen })}
                    >
                      {isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
                    </ActionIcon>
                  </td>
                  <td className="nowrap">{name}</td>
                  <td>
                    <Badge look={attemptLooks[attempt.state]} />
                  </td>
                  <td className="soft roomy">{ranOn(attempt)}</td>
                  <td className="mono">{attempt.exitCode ?? ''}</td>
                  <td className="soft">
                    {attempt.startedAt && <Lasting from={attempt.startedAt} to={attempt.endedAt} />}
                  </td>
                </tr>
                {isOpen && (
                  <tr>
                    <td colSpan={6}>
                      <Detail attempt={attempt} />
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </Rows>
      )}
    </Section>
  );
};
