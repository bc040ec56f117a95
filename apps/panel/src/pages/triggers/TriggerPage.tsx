import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import { canMove, durationMs, triggerStates, type Trigger } from '@gatehouse/contracts';
import { Tag } from '../../elements/Badge.js';
import { Confirm } from '../../elements/Confirm.js';
import { CopyButton, Id } from '../../elements/Copy.js';
import { levelWords } from '../../elements/level.words.js';
import { lasting } from '../../elements/moment.format.js';
import { Moment } from '../../elements/Moment.js';
import { Banner, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Facts, Page, Section } from '../../elements/Section.js';
import { Shown } from '../../elements/Shown.js';
import { triggerLooks } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { useAct, useAsk } from '../../query.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { documentText } from './trigger.document.js';
import { commandLine, listensTo, ofStrangers, triggerSentence, whoMay } from './trigger.words.js';
import css from './Triggers.module.css';

export const TriggerPage = () => {
  const { id = '' } = useParams();
  const trigger = useAsk('triggers.get', { params: { id } }, { every: 5_000 });
  useTitle(trigger.data?.name ?? 'Trigger');
  if (trigger.data !== undefined) return <Loaded key={id} trigger={trigger.data} lost={trigger.error} />;
  return (
    <Page title="Trigger">
      {trigger.error ? (
        <ErrorNotice error={trigger.error} retry={() => void trigger.refetch()} />
      ) : (
        <LoadingRows rows={8} />
      )}
    </Page>
  );
};

const Actions = ({ trigger }: { trigger: Trigger }) => {
  const [removing, removal] = useDisclosure(false);
  const pause = useAct('triggers.pause', { done: (one) => `${one.name} is paused.` });
  const resume = useAct('triggers.resume', { done: (one) => `${one.name} is active.` });
  const remove = useAct('triggers.delete', { done: (one) => `${one.name} is deleted.` });
  const params = { id: trigger.id };
  return (
    <>
      {trigger.state === 'active' && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={14} />}
          loading={pause.isPending}
          onClick={() => pause.mutate({ params })}
        >
          Pause
        </Button>
      )}
      {trigger.state === 'paused' && (
        <Button
          leftSection={<IconPlayerPlay size={14} />}
          loading={resume.isPending}
          onClick={() => resume.mutate({ params })}
        >
          Resume
        </Button>
      )}
      <Button
        component={Link}
        to={paths.newTriggerFrom(trigger.id)}
        variant="default"
        leftSection={<IconPencil size={14} />}
      >
        Change
      </Button>
      {canMove(triggerStates, trigger.state, 'deleted') && (
        <Button variant="default" leftSection={<IconTrash size={14} />} onClick={removal.open}>
          Delete
        </Button>
      )}
      <Confirm
        opened={removing}
        onClose={removal.close}
        title={`Delete ${trigger.name}?`}
        action="Delete the trigger"
        danger
        pending={remove.isPending}
        onConfirm={() => remove.mutate({ params }, { onSuccess: removal.close })}
      >
        Nothing sets it off any more. The jobs that it made stay as they are.
      </Confirm>
    </>
  );
};

const JobFacts = ({ trigger }: { trigger: Trigger }) => {
  const { agent, limits, promotion } = trigger.document.spec.job;
  return (
    <Facts
      rows={[
        [
          agent.adapter === 'command' ? 'Runs' : 'Takes',
          agent.adapter === 'command' ? (
            <code key="command" className={css.command}>
              <Shown text={commandLine(agent.command)} />
            </code>
          ) : (
            'a stored patch'
          ),
        ],
        ['For at most', lasting(durationMs(limits.execution))],
        ['Publishes as', levelWords[promotion.level], 'level'],
        ['Meant for', promotion.target ?? 'the branch it starts from'],
        ['Its goal', 'the text of the issue as it was at that moment'],
      ]}
    />
  );
};

const Loaded = ({ trigger, lost }: { trigger: Trigger; lost: Error | null }) => {
  const mayWrite = useMay('repositories:write');
  const mayName = useMay('principals:read');
  const { spec } = trigger.document;
  const { what, text } = listensTo(spec);
  const yaml = useMemo(() => documentText(trigger.document), [trigger.document]);
  const others = useAsk('triggers.list', { query: { repository: trigger.repository, limit: 200 } });
  const people = useAsk('principals.list', { query: { limit: 200 } }, { enabled: mayName });
  const by = people.data?.items.find(({ id }) => id === trigger.createdBy)?.name;
  const next = others.data?.items.find(
    ({ name, version }) => name === trigger.name && version > trigger.version,
  );

  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.triggers}>Triggers</Link> <span aria-hidden>/</span> <span>{trigger.name}</span>
        </>
      }
      title={trigger.name}
      status={next === undefined ? triggerLooks[trigger.state] : { tone: 'quiet', label: 'Replaced' }}
      lead={<Shown text={triggerSentence(spec)} />}
      actions={mayWrite && next === undefined && trigger.state !== 'deleted' && <Actions trigger={trigger} />}
    >
      {lost && <ErrorNotice error={lost} />}
      {next !== undefined && (
        <Banner
          tone="wait"
          title={`This is version ${trigger.version}; version ${next.version} took its place`}
          actions={
            <Button component={Link} to={paths.trigger(next.id)} variant="default">
              Version {next.version}
            </Button>
          }
        />
      )}
      <div className={css.columns}>
        <div className={css.column}>
          <Section title="Set off by">
            <Facts
              rows={[
                [
                  what === 'label' ? 'Label' : 'Comment',
                  <code key="on">
                    <Shown text={text} />
                  </code>,
                ],
                ['On an issue of', trigger.repository],
                ['Who may', whoMay(spec)],
                ['Strangers', ofStrangers(spec)],
              ]}
            />
          </Section>
          <Section title="The job it makes">
            <JobFacts trigger={trigger} />
          </Section>
          <Section title="Document" flush aside={<CopyButton value={yaml} what="document" />}>
            <pre className={`${css.code} ${css.sunken}`} tabIndex={0} aria-label="Document of the trigger">
              <Shown text={yaml} />
            </pre>
          </Section>
        </div>
        <div className={css.column}>
          <Section title="Trigger">
            <Facts
              rows={[
                ['Version', String(trigger.version)],
                ['Stored', <Moment key="at" at={trigger.createdAt} />],
                ['By', by ?? <Id key="by" value={trigger.createdBy} what="principal" keep={14} />],
                ['Digest', <Id key="digest" value={trigger.digest} what="trigger digest" />],
                ['Id', <Id key="id" value={trigger.id} what="trigger id" keep={30} />],
                [
                  'Jobs',
                  <span key="jobs">
                    called <code>{trigger.name}-</code> and the number of the issue, with the label{' '}
                    <Tag>trigger: {trigger.name}</Tag>
                  </span>,
                ],
              ]}
            />
          </Section>
        </div>
      </div>
    </Page>
  );
};
