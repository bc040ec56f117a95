import { Link } from 'react-router';
import type { Lane, LaneEntry, LaneRound, Speculation, StackEntry } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { Moment } from '../../elements/Moment.js';
import { Rows } from '../../elements/Rows.js';
import { Shown } from '../../elements/Shown.js';
import { Term } from '../../elements/Term.js';
import { roundLooks, stackLooks } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { LaneEntries } from './LaneEntries.js';
import { judgedWords, mergedOn, namesOf, partsOf, roundSentence, withNames } from './lane.words.js';
import css from './LanesPage.module.css';
import { WindowChart } from './WindowChart.js';

const members = [
  ['Place', 84],
  ['Change and what it is merged on'],
  ['State', 170],
  ['Asked by', 120, 'roomy'],
  ['Since', 110],
] as const;
const rounds = [
  ['Round', 84],
  ['What came of it'],
  ['Judged', 190, 'roomy'],
  ['Window', 110],
  ['Began', 110],
] as const;

const Part = ({
  title,
  aside,
  children,
}: {
  title: React.ReactNode;
  aside?: React.ReactNode;
  children: React.ReactNode;
}) => (
  <div className={css.part}>
    <div className={css.bar}>
      <h3>{title}</h3>
      {aside && <div className={css.aside}>{aside}</div>}
    </div>
    {children}
  </div>
);

const Member = ({
  entry,
  target,
  names,
  waits,
}: {
  entry: StackEntry;
  target: string;
  /** Undefined of one that does not wait any more. */
  waits: LaneEntry | undefined;
  names: ReadonlyMap<string, string>;
}) => (
  <tr>
    <td className={`${css.turn} nowrap`}>{entry.position}.</td>
    <td className={css.main}>
      <div className={css.two}>
        <Link to={paths.promotion(entry.promotionId)} data-row>
          {entry.jobName}
        </Link>
        <span className="soft">{mergedOn(entry, target)}</span>
        {entry.why !== null && (
          <span className={css.why}>
            <Shown text={withNames(entry.why, names)} />
          </span>
        )}
      </div>
    </td>
    <td>
      <Badge look={stackLooks[entry.state]} />
    </td>
    <td className="roomy cut">{waits?.requestedBy.name}</td>
    <td className="soft">{waits && <Moment at={waits.createdAt} />}</td>
  </tr>
);

const Round = ({ round, names }: { round: LaneRound; names: ReadonlyMap<string, string> }) => {
  const dropped = round.changes.find(({ state }) => state === 'dropped');
  return (
    <tr>
      <td className={`${css.turn} nowrap`}>
        <span className={css.unit}>Round </span>
        {round.number}
      </td>
      <td className={css.main}>
        <div className={css.two}>
          <span>
            <Badge look={roundLooks[round.state]} />
          </span>
          <span className="soft">
            <Shown text={withNames(roundSentence(round), names)} />
          </span>
          {dropped !== undefined && (
            <span className={css.why}>
              <Link to={paths.promotion(dropped.promotionId)} data-row>
                {dropped.jobName}
              </Link>
              {round.why !== null && (
                <>
                  : <Shown text={withNames(round.why, names)} />
                </>
              )}
            </span>
          )}
        </div>
      </td>
      <td className="roomy soft">{judgedWords(round)}</td>
      <td className="nowrap">
        <span className={css.unit}>window </span>
        {round.windowBefore}
        {round.windowAfter !== null && round.windowAfter !== round.windowBefore && ` → ${round.windowAfter}`}
      </td>
      <td className="soft">
        <Moment at={round.beganAt} />
      </td>
    </tr>
  );
};

/** A speculative lane: what goes, what is judged on top of what, what waits, and how the window came to be what it is. */
export const StackView = ({ lane, speculation }: { lane: Lane; speculation: Speculation }) => {
  const { going, behind } = partsOf(lane);
  const names = namesOf(lane);
  const of = `${lane.repository} into ${lane.target}`;
  const [newest] = speculation.rounds;
  const entries = (title: string, list: readonly LaneEntry[]) =>
    list.length > 0 && (
      <Part title={title}>
        <LaneEntries entries={list} label={`${title}: ${of}`} />
      </Part>
    );

  return (
    <>
      {entries('Passed together, published in turn', going)}
      {newest !== undefined && (
        <Part
          title={
            newest.state === 'judging'
              ? `Round ${newest.number}: judged on top of one another`
              : `Round ${newest.number}, the latest, is over`
          }
          aside={<Badge look={roundLooks[newest.state]} />}
        >
          <Rows label={`Stack of ${of}`} columns={members}>
            {speculation.stack.map((entry) => (
              <Member
                key={entry.promotionId}
                entry={entry}
                target={lane.target}
                names={names}
                waits={lane.waiting.find(({ promotionId }) => promotionId === entry.promotionId)}
              />
            ))}
          </Rows>
        </Part>
      )}
      {entries('Waits', behind)}
      <Part
        title="Rounds"
        aside={
          <>
            <WindowChart rounds={speculation.rounds} />
            <span>
              <Term word="stack">window</Term>: up to {speculation.window} in the next round
            </span>
          </>
        }
      >
        <Rows label={`Rounds of ${of}`} columns={rounds}>
          {speculation.rounds.map((round) => (
            <Round key={round.number} round={round} names={names} />
          ))}
        </Rows>
      </Part>
    </>
  );
};
