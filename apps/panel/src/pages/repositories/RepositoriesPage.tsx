import { Button, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconGitBranch, IconPlus, IconRefresh } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import type { Repository } from '@gatehouse/contracts';
import { Tag, ToneIcon } from '../../elements/Badge.js';
import { CommandLine } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { count } from '../../elements/moment.format.js';
import { More, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { useAct, useList } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { AddRepositoryDialog } from './AddRepositoryDialog.js';
import { ModeSwitch } from './ModeSwitch.js';
import css from './RepositoriesPage.module.css';

const PolicyDialog = lazy(async () => ({ default: (await import('./PolicyDialog.js')).PolicyDialog }));

const modeTones = { live: 'good', staged: 'wait' } as const;
const columns = [['Repository'], ['Mode', 190], ['Mirror'], ['', 180]] as const;

const Mirror = ({ repository }: { repository: Repository }) => {
  const { error, fetchedAt, warnings } = repository.mirror;
  if (error !== null)
    return (
      <span className={css.mirror}>
        <ToneIcon tone="bad" />
        <span>{error}</span>
      </span>
    );
  if (fetchedAt === null)
    return (
      <span className={css.mirror}>
        <ToneIcon tone="wait" />
        <span>Not read yet</span>
      </span>
    );
  return (
    <span className={css.mirror}>
      <ToneIcon tone="good" />
      <span>
        Read <Moment at={fetchedAt} />
        {repository.defaultBranch !== null && (
          <>
            , default branch <code>{repository.defaultBranch}</code>
          </>
        )}
        {warnings.length > 0 && (
          <Tooltip multiline w={340} label={warnings.slice(0, 8).join(' · ')}>
            <span className={css.warnings} tabIndex={0}>
              {count(warnings.length, 'old fault')} in its history
            </span>
          </Tooltip>
        )}
      </span>
    </span>
  );
};

export const RepositoriesPage = () => {
  useTitle('Repositories');
  const list = useList('repositories.list', {}, 5_000);
  const mayWrite = useMay('repositories:write');
  const mayFetch = useMay('jobs:create');
  const maySeePolicy = useMay('policies:read');
  const [adding, add] = useDisclosure(false);
  const [policyOf, setPolicyOf] = useState<Repository | null>(null);
  const fetch = useAct('repositories.fetch', { done: (one) => `Reading ${one.name} again.` });
  const addButton = mayWrite && (
    <Button leftSection={<IconPlus size={14} />} onClick={add.open}>
      Add repository
    </Button>
  );

  return (
    <Page
      title="Repositories"
      lead="Where jobs may change things. A new repository is staged: everything runs and is checked, nothing is published."
      actions={addButton}
    >
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {!(list.error && list.items.length === 0) && (
        <Section flush>
          {list.isPending ? (
            <LoadingRows rows={5} />
          ) : list.items.length === 0 ? (
            <Empty icon={IconGitBranch} title="No repository is registered yet">
              <p>Register one by its path on this machine or by its https address:</p>
              <CommandLine>
                gatehouse repo add acme/widgets https://git.example.com/acme/widgets.git
              </CommandLine>
              {addButton}
            </Empty>
          ) : (
            <>
              <Rows label="Repositories" columns={columns}>
                {list.items.map((repository) => (
                  <tr key={repository.id}>
                    <td>
                      <div className={css.name}>
                        <strong>
                          {repository.name} <Tag tone={modeTones[repository.mode]}>{repository.mode}</Tag>
                        </strong>
                        <span className="soft cut" title={repository.source}>
                          {repository.source}
                        </span>
                      </div>
                    </td>
                    <td>
                      {mayWrite ? (
                        <ModeSwitch repository={repository} />
                      ) : (
                        <span className="soft">an operator changes it</span>
                      )}
                    </td>
                    <td>
                      <Mirror repository={repository} />
                    </td>
                    <td>
                      <div className={css.actions}>
                        {maySeePolicy && (
                          <Button variant="default" size="compact-xs" onClick={() => setPolicyOf(repository)}>
                            Policy
                          </Button>
                        )}
                        {mayFetch && (
                          <Button
                            variant="default"
                            size="compact-xs"
                            leftSection={<IconRefresh size={12} />}
                            loading={fetch.isPending && fetch.variables.params.id === repository.id}
                            onClick={() => fetch.mutate({ params: { id: repository.id } })}
                          >
                            Fetch
                          </Button>
                        )}
                      </div>
                    </td>
                  </tr>
                ))}
              </Rows>
              <More list={list} />
            </>
          )}
        </Section>
      )}
      {adding && <AddRepositoryDialog onClose={add.close} />}
      {policyOf && (
        <Suspense>
          <PolicyDialog repository={policyOf} onClose={() => setPolicyOf(null)} />
        </Suspense>
      )}
    </Page>
  );
};
