import type { LaneRound } from '@gatehouse/contracts';
import { roundLooks } from '../../elements/tone.js';
import css from './LanesPage.module.css';

/** The window of each round, oldest first: grows by one, and halves where one is dropped. The table below says the same. */
export const WindowChart = ({ rounds }: { rounds: readonly LaneRound[] }) => {
  const largest = Math.max(1, ...rounds.map(({ windowBefore }) => windowBefore));
  return (
    <span className={css.chart} aria-hidden>
      {rounds.toReversed().map(({ number, windowBefore, state }) => (
        <span
          key={number}
          className={`tone-${roundLooks[state].tone}`}
          style={{ height: `${Math.max(15, (100 * windowBefore) / largest)}%` }}
          title={`Round ${number}: ${windowBefore}`}
        />
      ))}
    </span>
  );
};
