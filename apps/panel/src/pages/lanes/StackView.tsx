import { Link } from 'react-router';
import type { Lane, LaneRound, Speculation, StackEntry } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { Moment } from '../../elements/Moment.js';
import { Rows } from '../../elements/Rows.js';
import { Shown } from '../../elements/Shown.js';
import { roundLooks, stackLooks } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { mergedOn, roundSentence } from './lane.words.js';
import css from './LanesPage.module.css';

const members = [['Place', 84], ['Change and what it is merged on'], ['State', 170]] as const;
const rounds = [
  ['Round', 84],
  ['What came of it'],
  ['Window', 110],
  ['Judged', 150, 'roomy'],
  ['Since', 110],
] as const;

const Member = ({ entry, target }: { entry: StackEntry; target: string }) => (
  <tr>
    <td className={`${css.turn} nowrap`}>{entry.position}.</td>
    <td>
      <div className={css.two}>
        <Link to={paths.promotion(entry.promotionId)} data-row>
          {entry.jobName}
        </Link>
        <span className="soft">{mergedOn(entry, target)}</span>
        {entry.why !== null && (
          <span className="soft">
            <Shown text={entry.why} />
          </span>
        )}
      </div>
    </td>
    <td>
      <Badge look={stackLooks[entry.state]} />
    </td>
  </tr>
);

const Round = ({ round }: { round: LaneRound }) => (
  <tr>
    <td className={`${css.turn} nowrap`}>{round.number}</td>
    <td>
      <div className={css.two}>
        <span>
          <Badge look={roundLooks[round.state]} />
        </span>
        <span className="soft">
          <Shown text={roundSentence(round)} />
        </span>
      </div>
    </td>
    <td className="nowrap">
      {round.windowBefore} → {round.windowAfter ?? '?'}
    </td>
    <td className="roomy cut soft">
      {round.probes.map(({ position, outcome }) => `${position}: ${outcome}`).join(', ')}
    </td>
    <td className="soft">
      <Moment at={round.beganAt} />
    </td>
  </tr>
);

/** What is judged on top of what, and how the window came to be what it is. */
export const StackView = ({ lane, speculation }: { lane: Lane; speculation: Speculation }) => (
  <>
    <p className={css.window}>
      Changes are judged on top of one another before any is published: {speculation.window} at once in the
      next round.
    </p>
    <Rows label={`Stack of ${lane.repository} into ${lane.target}`} columns={members}>
      {speculation.stack.map((entry) => (
        <Member key={entry.promotionId} entry={entry} target={lane.target} />
      ))}
    </Rows>
    <Rows label={`Rounds of ${lane.repository} into ${lane.target}`} columns={rounds}>
      {speculation.rounds.map((round) => (
        <Round key={round.number} round={round} />
      ))}
    </Rows>
  </>
);
