import { Button, SegmentedControl } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { Job } from '@gatehouse/contracts';
import { Badge } from '../../elements/Badge.js';
import { CommandLine } from '../../elements/Copy.js';
import { FilterField } from '../../elements/FilterField.js';
import { Lasting, Moment } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Filters, More, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { phaseLooks } from '../../elements/tone.js';
import { RepositoryFilter } from '../../elements/RepositoryFilter.js';
import { paths } from '../../paths.js';
import { useAsk, useList } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { filterOf, isFiltered, nameFault, queryOf, searchOf, type JobFilter } from './job.filter.js';
import css from './JobsPage.module.css';

const columns = [
  ['Job'],
  ['Phase', 164],
  ['Repository', 160],
  ['Requested by', 116, 'roomy'],
  ['Submitted', 112],
  ['Took', 104],
] as const;

const JobRow = ({ job }: { job: Job }) => (
  <tr>
    <td>
      <div className={css.name}>
        <Link to={paths.job(job.id)} data-row className="cut">
          {job.name}
        </Link>
        <span className="soft cut roomy" title={job.spec.spec.goal}>
          {job.reason ?? job.spec.spec.goal}
        </span>
      </div>
    </td>
    <td>
      <Badge look={phaseLooks[job.phase]} />
    </td>
    <td className="cut" title={job.repository ?? undefined}>
      {job.repository ?? <span className="soft">no repository</span>}
    </td>
    <td className="cut roomy">{job.requestedBy.name}</td>
    <td className="soft">
      <Moment at={job.createdAt} />
    </td>
    <td className="soft">
      <Lasting from={job.createdAt} to={job.endedAt} />
    </td>
  </tr>
);

const FirstJob = ({ may }: { may: boolean }) => (
  <Empty title="No job has been submitted yet">
    <p>
      A job says what to change, where, and within which bounds. Submit the first one from here or from a
      shell:
    </p>
    <CommandLine>gatehouse job submit job.yaml</CommandLine>
    {may && (
      <Button component={Link} to={paths.newJob} leftSection={<IconPlus size={14} />}>
        New job
      </Button>
    )}
  </Empty>
);

export const JobsPage = () => {
  useTitle('Jobs');
  const [search, setSearch] = useSearchParams();
  const filter = filterOf(search);
  const may = useMay('jobs:create');
  const list = useList('jobs.list', queryOf(filter), 3_000);
  const repositories = useAsk('repositories.list', { query: { limit: 200 } });
  const [cleared, setCleared] = useState(0);
  const set = (change: Partial<JobFilter>) =>
    setSearch((now) => searchOf({ ...filterOf(now), ...change }), { replace: true });
  const clear = () => {
    setSearch({}, { replace: true });
    setCleared(cleared + 1);
  };

  return (
    <Page
      title="Jobs"
      actions={
        may && (
          <Button component={Link} to={paths.newJob} leftSection={<IconPlus size={14} />}>
            New job
          </Button>
        )
      }
    >
      <Filters>
        <SegmentedControl
          aria-label="Which jobs"
          value={filter.live}
          onChange={(value) => set({ live: value as JobFilter['live'] })}
          data={[
            { value: 'all', label: 'All' },
            { value: 'live', label: 'Live' },
            { value: 'ended', label: 'Ended' },
          ]}
        />
        <RepositoryFilter
          names={(repositories.data?.items ?? []).map(({ name }) => name)}
          value={filter.repository === '' ? null : filter.repository}
          onChange={(value) => set({ repository: value ?? '' })}
          isFirst={false}
        />
        <FilterField
          key={cleared}
          label="Name of the job"
          hint="The whole name; press / to come here"
          value={filter.name}
          fault={(name) => nameFault({ ...filter, name })}
          onSettle={(name) => set({ name })}
        />
        {isFiltered(filter) && (
          <Button variant="subtle" color="gray" onClick={clear}>
            Clear
          </Button>
        )}
      </Filters>
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {!(list.error && list.items.length === 0) && (
        <Section flush>
          {list.isPending ? (
            <LoadingRows rows={8} />
          ) : list.items.length === 0 ? (
            isFiltered(filter) ? (
              <Empty title="No job matches">
                <p>The name must be the whole name. Loosen the filter to see more.</p>
                <Button variant="default" onClick={clear}>
                  Clear the filter
                </Button>
              </Empty>
            ) : (
              <FirstJob may={may} />
            )
          ) : (
            <>
              <Rows label="Jobs, newest first" columns={columns}>
                {list.items.map((job) => (
                  <JobRow key={job.id} job={job} />
                ))}
              </Rows>
              <More list={list} />
            </>
          )}
        </Section>
      )}
    </Page>
  );
};
