import { NativeSelect } from '@mantine/core';
import { useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { PolicyView } from '../../elements/PolicyView.js';
import { Filters } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { useAsk, useList } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { ExplainSection } from './ExplainSection.js';
import { SetsSection, VersionsSection } from './HistorySections.js';
import { LayersSection } from './LayersSection.js';
import css from './PoliciesPage.module.css';
import { SimulateSection } from './SimulateSection.js';

const Effective = ({ id, name }: { id: string; name: string }) => {
  const policy = useAsk('repositories.policy', { params: { id } });
  return (
    <Section title={`In force for ${name}`}>
      {policy.data ? (
        <PolicyView policy={policy.data} />
      ) : policy.error ? (
        <ErrorNotice error={policy.error} retry={() => void policy.refetch()} />
      ) : (
        <LoadingRows rows={6} height={14} />
      )}
    </Section>
  );
};

export const PoliciesPage = () => {
  useTitle('Policies');
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState('');
  const trial = useRef<HTMLDivElement>(null);
  const mayTry = useMay('policies:write');
  const repositories = useAsk('repositories.list', { query: { limit: 200 } }).data?.items ?? [];
  const sets = useList('policySets.list', {}, 10_000);
  // Policies that were active before there were sets.
  const versions = useList('policies.list', {}, 10_000);
  const asked = search.get('repository');
  const chosen = repositories.find(({ name }) => name === asked) ?? repositories[0];
  const members =
    sets.items[0]?.members ??
    versions.items.filter(({ active }) => active).map((policy) => ({ ...policy, policyId: policy.id }));

  return (
    <Page
      wide
      title="Policies"
      lead="What agents may do, layer by layer. Each layer can only narrow the others; a change counts at once and can be taken back."
    >
      {repositories.length > 0 && (
        <Filters>
          <NativeSelect
            aria-label="Repository"
            data-filter
            value={chosen?.name ?? ''}
            onChange={(event) => setSearch({ repository: event.currentTarget.value }, { replace: true })}
            data={repositories.map(({ name }) => name)}
          />
        </Filters>
      )}
      {sets.isPending || versions.isPending ? (
        <LoadingRows rows={4} />
      ) : (
        <LayersSection members={members} repository={chosen?.name ?? null} />
      )}
      <div className={css.columns}>
        {chosen ? (
          <Effective id={chosen.id} name={chosen.name} />
        ) : (
          <Section title="In force">
            <p className="soft">Register a repository to see what all layers come to for it.</p>
          </Section>
        )}
        <ExplainSection key={chosen?.name ?? ''} repository={chosen?.name ?? null} />
      </div>
      {mayTry && (
        <div ref={trial}>
          <SimulateSection text={text} onText={setText} />
        </div>
      )}
      <VersionsSection
        onTry={(policy) => {
          setText(JSON.stringify(policy.document, null, 2));
          trial.current?.scrollIntoView({ block: 'start' });
          trial.current?.querySelector('textarea')?.focus();
        }}
      />
      <SetsSection sets={sets} />
    </Page>
  );
};
