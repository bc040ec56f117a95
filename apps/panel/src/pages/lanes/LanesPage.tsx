import { IconRoad } from '@tabler/icons-react';
import { Link, useSearchParams } from 'react-router';
import type { Lane } from '@gatehouse/contracts';
import { count } from '../../elements/moment.format.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Filters } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { Term } from '../../elements/Term.js';
import { RepositoryFilter } from '../../elements/RepositoryFilter.js';
import { paths } from '../../paths.js';
import { useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { inOrder, laneSentence } from './lane.words.js';
import { LaneEntries } from './LaneEntries.js';
import css from './LanesPage.module.css';
import { StackView } from './StackView.js';

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
    {lane.speculation === null ? (
      <LaneEntries entries={inOrder(lane)} label={`Lane of ${lane.repository} into ${lane.target}`} />
    ) : (
      <StackView lane={lane} speculation={lane.speculation} />
    )}
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
          time, the oldest that may go first. What waits for people holds up nobody else.
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
