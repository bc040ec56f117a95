import { IconRoad } from '@tabler/icons-react';
import { Link, useSearchParams } from 'react-router';
import type { Lane, LaneEntry } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { count } from '../../elements/moment.format.js';
import { Moment } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Filters, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { Shown } from '../../elements/Shown.js';
import { Term } from '../../elements/Term.js';
import { promotionLook } from '../../elements/tone.js';
import { RepositoryFilter } from '../../elements/RepositoryFilter.js';
import { paths } from '../../paths.js';
import { useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { inOrder, laneSentence, placeOf } from './lane.words.js';
import css from './LanesPage.module.css';
import { StackView } from './StackView.js';

const columns = [
  ['Turn', 84],
  ['Change and why it waits'],
  ['State', 170],
  ['Asked by', 120, 'roomy'],
  ['Since', 110],
] as const;

const EntryRow = ({ entry, runs }: { entry: LaneEntry; runs: boolean }) => (
  <tr className={runs ? css.runs : undefined}>
    <td className={`${css.turn} nowrap`}>{placeOf(entry, runs)}</td>
    <td>
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

const LaneSection = ({ lane }: { lane: Lane }) => (
  <Section
    flush
    title={
      <>
        {lane.repository} <span className={css.to}>into</span> <code>{lane.target}</code>
      </>
    }
    aside={laneSentence(lane)}
  >
    {inOrder(lane).length > 0 && (
      <Rows label={`Lane of ${lane.repository} into ${lane.target}`} columns={columns}>
        {inOrder(lane).map((entry) => (
          <EntryRow key={entry.promotionId} entry={entry} runs={entry === lane.running} />
        ))}
      </Rows>
    )}
    {lane.speculation !== null && <StackView lane={lane} speculation={lane.speculation} />}
  </Section>
);

export const LanesPage = () => {
  useTitle('Lanes');
  const [search, setSearch] = useSearchParams();
  const repository = search.get('repository');
  const lanes = useAsk('lanes.list', { query: repository === null ? {} : { repository } }, { every: 3_000 });
  const repositories = useAsk('repositories.list', { query: { limit: 200 } });
  const items = lanes.data?.items ?? [];
  const waiting = items.reduce((sum, lane) => sum + lane.waiting.length, 0);

  return (
    <Page
      title="Lanes"
      lead={
        <>
          A <Term word="lane">lane</Term> is one branch of one repository: one change of it is published at a
          time, the oldest that may go first. What waits for people keeps nobody up.
        </>
      }
    >
      <Filters>
        <RepositoryFilter
          names={(repositories.data?.items ?? []).map(({ name }) => name)}
          value={repository}
          onChange={(value) => setSearch(value === null ? {} : { repository: value }, { replace: true })}
        />
        {items.length > 0 && (
          <span className="soft" role="status">
            {count(items.length, 'lane')}, {count(waiting, 'change waits', 'changes wait')}
          </span>
        )}
      </Filters>
      {lanes.error && <ErrorNotice error={lanes.error} retry={() => void lanes.refetch()} />}
      {lanes.isPending && (
        <Section flush>
          <LoadingRows rows={6} />
        </Section>
      )}
      {lanes.data !== undefined && items.length === 0 && (
        <Section flush>
          <Empty
            icon={IconRoad}
            title={repository === null ? 'Every lane is free' : `Nothing waits in ${repository}`}
          >
            <p>
              A change comes here when it has passed every check, and leaves when it is published. What became
              of those before is among the{' '}
              <Link to={`${paths.promotions}?show=ended`}>promotions that ended</Link>.
            </p>
          </Empty>
        </Section>
      )}
      {items.map((lane) => (
        <LaneSection key={`${lane.repository} ${lane.target}`} lane={lane} />
      ))}
    </Page>
  );
};
