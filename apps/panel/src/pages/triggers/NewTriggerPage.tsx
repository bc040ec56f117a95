import { Button } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { TriggerDocument } from '@gatehouse/contracts';
import type { CallInput } from '../../api.js';
import { Checked } from '../../elements/Checked.js';
import { checkDocument } from '../../elements/document.check.js';
import { DocumentSection } from '../../elements/DocumentSection.js';
import { ServerSays } from '../../elements/Faults.js';
import { Page, Section } from '../../elements/Section.js';
import { Shown } from '../../elements/Shown.js';
import { useServerCheck } from '../../elements/useServerCheck.js';
import { paths } from '../../paths.js';
import { useAct, useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { documentText } from './trigger.document.js';
import { triggerTemplates } from './trigger.templates.js';
import { triggerSentence } from './trigger.words.js';
import css from './Triggers.module.css';

type Document = CallInput<'triggers.put'>['body'];

export const NewTriggerPage = () => {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const from = search.get('from');
  useTitle(from === null ? 'New trigger' : 'Change a trigger');
  const source = useAsk('triggers.get', { params: { id: from ?? '' } }, { enabled: from !== null });
  const repositories = useAsk('repositories.list', { query: { limit: 200 } });
  const [text, setText] = useState('');
  const check = useMemo(
    () => checkDocument<Document>(TriggerDocument, text, 'Write a trigger, or take a template.'),
    [text],
  );
  const server = useServerCheck(
    'triggers.put',
    check.ok ? { body: check.document, query: { check: 'true' } } : null,
  );
  const put = useAct('triggers.put', {
    quiet: true,
    done: (one) => `${one.name} version ${one.version} is stored.`,
  });
  const repository = repositories.data?.items.find(({ forge }) => forge !== null)?.name ?? 'acme/widgets';
  const begun = text !== '';

  const write = (next: string) => {
    setText(next);
    put.reset();
  };
  useEffect(() => {
    if (source.data) setText(documentText(source.data.document));
  }, [source.data]);
  useEffect(() => {
    if (begun || from !== null || repositories.isPending) return;
    setText(triggerTemplates[0]!.text(repository));
  }, [begun, from, repositories.isPending, repository]);

  const send = () => {
    if (!check.ok || put.isPending) return;
    put.mutate(
      { body: check.document, query: {} },
      { onSuccess: (trigger) => void navigate(paths.trigger(trigger.id)) },
    );
  };

  const error = put.error ?? server.error;
  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.triggers}>Triggers</Link> <span aria-hidden>/</span>{' '}
          <span>{source.data?.name ?? 'New'}</span>
        </>
      }
      title={source.data === undefined ? 'New trigger' : `Change ${source.data.name}`}
      lead="A trigger is known by its name: a document of the same name and repository is its next version."
    >
      <div className={css.columns}>
        <DocumentSection
          label="Trigger, YAML or JSON"
          text={text}
          onChange={write}
          onSubmit={send}
          check={check}
          templates={triggerTemplates}
          textOf={(template) => template.text(repository)}
        />
        <div className={css.column}>
          {source.error && <ServerSays error={source.error} />}
          {error && <ServerSays error={error} />}
          <div className={css.send}>
            <Button size="sm" onClick={send} disabled={!check.ok} loading={put.isPending}>
              Store trigger
            </Button>
            <span className="soft">or Ctrl Enter in the editor</span>
          </div>
          <Section title="What it would do">
            <Checked
              server={server}
              before="Shown as soon as the document is valid."
              refused="The server did not accept it, see above."
              rows={3}
            >
              {({ document }) => (
                <p className={css.text}>
                  <Shown text={triggerSentence(document.spec)} /> Policy permits such a job.
                </p>
              )}
            </Checked>
          </Section>
        </div>
      </div>
    </Page>
  );
};
