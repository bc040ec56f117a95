import { Link } from 'react-router';
import type { LaneEntry } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { Moment } from '../../elements/Moment.js';
import { Rows } from '../../elements/Rows.js';
import { Shown } from '../../elements/Shown.js';
import { promotionLook } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { placeOf } from './lane.words.js';
import css from './LanesPage.module.css';

const columns = [
  ['Turn', 84],
  ['Change and why it waits'],
  ['State', 170],
  ['Asked by', 120, 'roomy'],
  ['Since', 110],
] as const;

const EntryRow = ({ entry }: { entry: LaneEntry }) => (
  <tr className={entry.state === 'running' ? css.runs : undefined}>
    <td className={`${css.turn} nowrap`}>{placeOf(entry)}</td>
    <td className={css.main}>
      <div className={css.two}>
        <Link to={paths.promotion(entry.promotionId)} data-row>
          {entry.jobName}
        </Link>
        <span className="soft">
          <Shown text={entry.why} />
        </span>
      </div>
    </td>
    <td>
      <Badge look={promotionLook(entry)} />
    </td>
    <td className="roomy cut">{entry.requestedBy.name}</td>
    <td className="soft">
      <Moment at={entry.createdAt} />
    </td>
  </tr>
);

/** Changes of a lane, in the order in which they go. */
export const LaneEntries = ({ entries, label }: { entries: readonly LaneEntry[]; label: string }) => (
  <Rows label={label} columns={columns}>
    {entries.map((entry) => (
      <EntryRow key={entry.promotionId} entry={entry} />
    ))}
  </Rows>
);
