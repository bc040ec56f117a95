import { Button } from '@mantine/core';
import { IconBolt, IconPlus } from '@tabler/icons-react';
import { Link, useSearchParams } from 'react-router';
import type { Trigger } from '@gatehouse/contracts';
import { Badge, Tag } from '../../elements/Badge.js';
import { CopyButton } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Filters, More, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { Shown } from '../../elements/Shown.js';
import { triggerLooks } from '../../elements/tone.js';
import { RepositoryFilter } from '../../elements/RepositoryFilter.js';
import { paths } from '../../paths.js';
import { useAsk, useList } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { triggerTemplates } from './trigger.templates.js';
import { listensTo, whoMay } from './trigger.words.js';
import css from './Triggers.module.css';

const columns = [
  ['Trigger', 190],
  ['State', 100],
  ['Set off by'],
  ['Who may'],
  ['Repository', 170],
  ['Stored', 110, 'roomy'],
] as const;

const TriggerRow = ({ trigger }: { trigger: Trigger }) => {
  const { what, text } = listensTo(trigger.document.spec);
  return (
    <tr>
      <td>
        <Link to={paths.trigger(trigger.id)} data-row>
          {trigger.name}
        </Link>{' '}
        <span className="soft">version {trigger.version}</span>
      </td>
      <td>
        <Badge look={triggerLooks[trigger.state]} />
      </td>
      <td>
        <Tag>{what}</Tag>{' '}
        <code>
          <Shown text={text} />
        </code>
      </td>
      <td className="soft">{whoMay(trigger.document.spec)}</td>
      <td className="cut" title={trigger.repository}>
        {trigger.repository}
      </td>
      <td className="soft roomy">
        <Moment at={trigger.createdAt} />
      </td>
    </tr>
  );
};

const First = ({ repository }: { repository: string }) => {
  const example = triggerTemplates[0]!.text(repository);
  return (
    <Empty icon={IconBolt} title="Nothing makes a job by itself yet">
      <p>
        A trigger lets an issue become a job: somebody who may write to the repository sets a label, or
        comments <code>/gatehouse run</code>. Store a document like this one, here or with{' '}
        <code>gatehouse trigger put fix.yaml</code>:
      </p>
      <div className={css.example}>
        <header>
          <code>fix.yaml</code>
          <CopyButton value={example} what="example" />
        </header>
        <pre className={css.code} tabIndex={0} aria-label="Example of a trigger">
          {example}
        </pre>
      </div>
    </Empty>
  );
};

export const TriggersPage = () => {
  useTitle('Triggers');
  const [search, setSearch] = useSearchParams();
  const repository = search.get('repository');
  const list = useList('triggers.list', repository === null ? {} : { repository }, 5_000);
  const repositories = useAsk('repositories.list', { query: { limit: 200 } });
  const names = (repositories.data?.items ?? []).map(({ name }) => name);
  const mayWrite = useMay('repositories:write');

  return (
    <Page
      title="Triggers"
      lead="What makes jobs out of issues, and who may set it off. Rights are asked of the forge as it happens, never read from a payload."
      actions={
        mayWrite && (
          <Button component={Link} to={paths.newTrigger} leftSection={<IconPlus size={14} />}>
            New trigger
          </Button>
        )
      }
    >
      {(list.items.length > 0 || repository !== null) && (
        <Filters>
          <RepositoryFilter
            names={names}
            value={repository}
            onChange={(value) => setSearch(value === null ? {} : { repository: value }, { replace: true })}
          />
        </Filters>
      )}
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {!(list.error && list.items.length === 0) && (
        <Section flush>
          {list.isPending ? (
            <LoadingRows rows={5} />
          ) : list.items.length > 0 ? (
            <>
              <Rows label="Triggers, newest first" columns={columns}>
                {list.items.map((trigger) => (
                  <TriggerRow key={trigger.id} trigger={trigger} />
                ))}
              </Rows>
              <More list={list} />
            </>
          ) : repository === null ? (
            <First
              repository={
                repositories.data?.items.find(({ forge }) => forge !== null)?.name ?? 'acme/widgets'
              }
            />
          ) : (
            <Empty icon={IconBolt} title={`${repository} has no trigger`} />
          )}
        </Section>
      )}
    </Page>
  );
};
