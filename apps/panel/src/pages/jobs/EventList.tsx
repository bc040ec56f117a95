import { Button } from '@mantine/core';
import { useState } from 'react';
import { Moment } from '../../elements/Moment.js';
import { Section } from '../../elements/Section.js';
import type { StageName, Timeline } from '../../fold.js';
import { stageWord } from './StageRail.js';
import css from './EventList.module.css';

const shown = 60;

interface Props {
  readonly timeline: Timeline;
  readonly stage: StageName | null;
  readonly onClear: () => void;
  readonly live: boolean;
  readonly ended: boolean;
}

/** The ledger of the session in words, newest first. */
export const EventList = ({ timeline, stage, onClear, live, ended }: Props) => {
  const [all, setAll] = useState(false);
  const entries = timeline.entries.filter((entry) => stage === null || entry.stage === stage).toReversed();
  const cut = all ? entries : entries.slice(0, shown);
  return (
    <Section
      title={stage === null ? 'Ledger' : `Ledger · ${stageWord(stage)}`}
      flush
      aside={
        <>
          {stage !== null && (
            <Button size="compact-xs" variant="default" onClick={onClear}>
              All stages
            </Button>
          )}
          <span className={`${css.live} tone-${live ? 'good' : 'quiet'}`}>
            {live ? (ended ? 'Connected' : 'Live') : 'Connecting'}
          </span>
        </>
      }
    >
      {timeline.gap && <p className={css.none}>Some events did not arrive. Reload to read them again.</p>}
      {entries.length === 0 ? (
        <p className={css.none}>{stage === null ? 'No events yet.' : 'No events of this stage yet.'}</p>
      ) : (
        <ol className={css.list}>
          {cut.map((entry) => (
            <li key={entry.seq}>
              <span className={css.seq}>{entry.seq}</span>
              <div>
                <div className={css.title} title={`${entry.type}, by ${entry.actor}`}>
                  {entry.title}
                  {entry.times > 1 && <span className="soft"> ({entry.times} pieces)</span>}
                </div>
                {entry.detail && <div className={css.detail}>{entry.detail}</div>}
              </div>
              <span className={css.at}>
                <Moment at={entry.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
      {entries.length > cut.length && (
        <div className={css.more}>
          <Button variant="subtle" onClick={() => setAll(true)}>
            Show all {entries.length}
          </Button>
        </div>
      )}
    </Section>
  );
};
