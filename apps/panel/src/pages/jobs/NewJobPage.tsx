import { Button, Select } from '@mantine/core';
import { IconGitBranch } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { stringify } from 'yaml';
import { Checked } from '../../elements/Checked.js';
import { DocumentSection } from '../../elements/DocumentSection.js';
import { ServerSays } from '../../elements/Faults.js';
import { Banner } from '../../elements/Notice.js';
import { PolicyView } from '../../elements/PolicyView.js';
import { Page, Section } from '../../elements/Section.js';
import { useServerCheck } from '../../elements/useServerCheck.js';
import { paths } from '../../paths.js';
import { useAct, useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { checkSpec, repositoryOf, withRepository } from './spec.check.js';
import { leavingOut } from './leave.out.js';
import { templates } from './templates.js';
import css from './NewJobPage.module.css';

/** The draft survives a look at another page, not the tab. */
const draftKey = 'gatehouse-draft';

export const NewJobPage = () => {
  useTitle('New job');
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const from = search.get('from');
  const without = search.getAll('without');
  const repositories = useAsk('repositories.list', { query: { limit: 200 } });
  const names = (repositories.data?.items ?? []).map((repository) => repository.name);
  const source = useAsk('jobs.get', { params: { id: from ?? '' } }, { enabled: from !== null });
  const [text, setText] = useState(() => (from === null ? (sessionStorage.getItem(draftKey) ?? '') : ''));
  const key = useRef({ of: '', value: '' });
  const check = useMemo(() => checkSpec(text), [text]);
  const server = useServerCheck('jobs.check', check.ok ? { body: check.document } : null);
  const submit = useAct('jobs.create', { quiet: true });
  const repository = repositoryOf(text);
  const named = repositories.data?.items.find((one) => one.name === repository);

  const write = (next: string) => {
    setText(next);
    sessionStorage.setItem(draftKey, next);
    submit.reset();
  };
  const begun = text !== '';
  const firstRepository = names[0];
  useEffect(() => {
    if (source.data) setText(stringify(leavingOut(source.data.spec, without), { lineWidth: 100 }));
    // What is left out comes with the address, as the job does.
  }, [source.data]);
  useEffect(() => {
    if (begun || from !== null || repositories.isPending) return;
    setText((firstRepository === undefined ? templates.at(-1)! : templates[0]!).text(firstRepository ?? ''));
  }, [begun, from, repositories.isPending, firstRepository]);

  const send = () => {
    if (!check.ok || submit.isPending) return;
    // The same text keeps its key: a second click after a lost answer finds the first job.
    if (key.current.of !== text) key.current = { of: text, value: crypto.randomUUID() };
    submit.mutate(
      { body: check.document, idempotencyKey: key.current.value },
      {
        onSuccess: (job) => {
          sessionStorage.removeItem(draftKey);
          void navigate(paths.job(job.id));
        },
      },
    );
  };

  const error = submit.error ?? server.error;
  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.jobs}>Jobs</Link> <span aria-hidden>/</span> <span>New</span>
        </>
      }
      title="New job"
      lead="Say what to change, where, and within which bounds. The agent runs isolated; what it made is checked before anything is published."
    >
      <div className={css.columns}>
        <DocumentSection
          label="JobSpec, YAML or JSON"
          before={
            <Select
              aria-label="Repository"
              placeholder="No repository"
              leftSection={<IconGitBranch size={14} />}
              w={220}
              searchable
              clearable
              value={repository !== null && names.includes(repository) ? repository : null}
              onChange={(name) => write(withRepository(text, name))}
              data={names}
              nothingFoundMessage="No repository of this name"
            />
          }
          text={text}
          onChange={write}
          onSubmit={send}
          check={check}
          templates={templates}
          textOf={(template) => template.text(repository ?? firstRepository ?? 'owner/name')}
        />
        <div className={css.side}>
          {error && <ServerSays error={error} />}
          {named?.mode === 'staged' && (
            <Banner tone="wait" title={`${named.name} is staged`}>
              The job runs and is checked in full, but nothing is published until the repository is live.
            </Banner>
          )}
          <div className={css.send}>
            <Button size="sm" onClick={send} disabled={!check.ok} loading={submit.isPending}>
              Submit job
            </Button>
            <span className="soft">or Ctrl Enter in the editor</span>
          </div>
          <Section title="It would run under this policy">
            <Checked
              server={server}
              before="Shown as soon as the spec is valid."
              refused="The server did not accept this spec, see above."
              rows={5}
            >
              {({ policy }) => <PolicyView policy={policy} />}
            </Checked>
          </Section>
        </div>
      </div>
    </Page>
  );
};
