import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBan, IconCopyPlus, IconPlayerPlay } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Job, Promotion } from '@gatehouse/contracts';
import { Tag } from '../../elements/Badge.js';
import { Confirm } from '../../elements/Confirm.js';
import { Id } from '../../elements/Copy.js';
import { Lasting, Moment } from '../../elements/Moment.js';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { reveal } from '../../elements/reveal.js';
import { Facts, Page, Section } from '../../elements/Section.js';
import { phaseLooks } from '../../elements/tone.js';
import type { StageName } from '../../fold.js';
import { paths } from '../../paths.js';
import { useAct, useAsk } from '../../query.js';
import { stagesOf } from '../../stages.js';
import { useMay } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { AskChange } from '../promotions/AskChange.js';
import { Attempts } from './Attempts.js';
import { EventList } from './EventList.js';
import { sentenceOf } from './job.sentence.js';
import { OutputView } from './OutputView.js';
import { CandidateSummary, PromotionSummary } from './Results.js';
import { StageRail } from './StageRail.js';
import { useTimeline } from './useTimeline.js';
import css from './JobPage.module.css';

const SpecDialog = lazy(async () => ({ default: (await import('./SpecDialog.js')).SpecDialog }));

export const JobPage = () => {
  const { id = '' } = useParams();
  const job = useAsk('jobs.get', { params: { id } }, { every: 10_000 });
  useTitle(job.data?.name ?? 'Job');
  if (job.data !== undefined) return <Loaded key={id} job={job.data} lost={job.error} />;
  return (
    <Page title="Job">
      {job.error ? (
        <ErrorNotice error={job.error} retry={() => void job.refetch()} />
      ) : (
        <LoadingRows rows={10} />
      )}
    </Page>
  );
};

const useRows = (job: Job) => {
  // Promotion events are on the stream of the lane, so the rows are also read on their own while it is live.
  const every = job.endedAt === null ? 3_000 : false;
  const sessionId = job.sessionId;
  const session = useAsk('sessions.get', { params: { id: sessionId } }, { every });
  const attempts = useAsk('sessions.attempts', { params: { id: sessionId } }, { every });
  const candidateId = session.data?.candidateId ?? null;
  const candidate = useAsk(
    'candidates.get',
    { params: { id: candidateId ?? '' }, query: { sessionId } },
    { enabled: candidateId !== null, every },
  );
  const promotions = useAsk('promotions.list', { query: { sessionId, limit: 1 } }, { every });
  return {
    session: session.data,
    attempts: attempts.data?.items ?? [],
    candidate: candidateId === null ? undefined : candidate.data,
    promotion: promotions.data?.items[0],
    error: session.error ?? attempts.error ?? candidate.error ?? promotions.error,
  };
};

const Loaded = ({ job, lost }: { job: Job; lost: Error | null }) => {
  const { error, ...rows } = useRows(job);
  const { timeline, live } = useTimeline(job.sessionId, rows.attempts);
  const [stage, setStage] = useState<StageName | null>(null);
  const [output, setOutput] = useState<string | null>(null);
  const stages = stagesOf({ job, ...rows }, timeline);

  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.jobs}>Jobs</Link> <span aria-hidden>/</span> <span>{job.name}</span>
        </>
      }
      title={job.name}
      status={phaseLooks[job.phase]}
      lead={sentenceOf(job)}
      actions={<JobActions job={job} promotion={rows.promotion} />}
    >
      {(error ?? lost) && <ErrorNotice error={error ?? lost} />}
      <StageRail stages={stages} selected={stage} onSelect={setStage} />
      <div className={css.columns}>
        <div className={css.column}>
          <Section title="Asked for">
            <p className={css.goal}>{job.spec.spec.goal}</p>
            <Inputs job={job} />
          </Section>
          <OutputView
            attempts={rows.attempts}
            selected={output}
            onSelect={setOutput}
            outputs={timeline.outputs}
          />
          <Attempts attempts={rows.attempts} live={job.endedAt === null} />
          <EventList
            timeline={timeline}
            stage={stage}
            onClear={() => setStage(null)}
            live={live}
            ended={job.endedAt !== null}
          />
        </div>
        <div className={css.column}>
          {rows.promotion && <PromotionSummary promotion={rows.promotion} />}
          {rows.candidate && <CandidateSummary candidate={rows.candidate} />}
          <JobFacts job={job} />
        </div>
      </div>
    </Page>
  );
};

/** What the job was made of; whoever approves it should know whose words the agent read. */
const Inputs = ({ job }: { job: Job }) => {
  const inputs = job.spec.spec.inputs ?? [];
  if (inputs.length === 0) return null;
  return (
    <ul className={css.inputs} aria-label="What it was made of">
      {inputs.map(({ source, trust, reason }, i) => (
        <li key={i}>
          <Tag tone={trust === 'untrusted' ? 'wait' : 'quiet'}>{trust}</Tag> <code>{reveal(source)}</code>
          {reason !== undefined && <span className="soft"> {reveal(reason)}</span>}
        </li>
      ))}
    </ul>
  );
};

const JobFacts = ({ job }: { job: Job }) => {
  const [open, dialog] = useDisclosure(false);
  return (
    <Section
      title="Job"
      aside={
        <Button size="compact-xs" variant="default" onClick={dialog.open}>
          Show spec
        </Button>
      }
    >
      <Facts
        rows={[
          ['Repository', job.repository ?? 'none: its result are files'],
          job.base && [
            'Base',
            <span key="base" className={css.base}>
              <code>{job.base.ref}</code>
              {job.base.commit === null ? (
                <span className="soft">being pinned</span>
              ) : (
                <Id value={job.base.commit} what="base commit" />
              )}
            </span>,
          ],
          ['Agent', job.spec.spec.agent.adapter],
          ['Requested by', job.requestedBy.name],
          ['Submitted', <Moment key="at" at={job.createdAt} />],
          [
            job.endedAt ? 'Took' : 'Running for',
            <Lasting key="took" from={job.createdAt} to={job.endedAt} />,
          ],
          ['Job id', <Id key="id" value={job.id} what="job id" keep={30} />],
          ['Session', <Id key="session" value={job.sessionId} what="session id" keep={30} />],
          ['Spec digest', <Id key="digest" value={job.specDigest} what="spec digest" />],
          Object.keys(job.labels).length === 0
            ? null
            : [
                'Labels',
                <span key="labels" className={css.labels}>
                  {Object.entries(job.labels).map(([name, value]) => (
                    <Tag key={name}>{value === '' ? name : `${name}: ${value}`}</Tag>
                  ))}
                </span>,
              ],
        ]}
      />
      {open && (
        <Suspense>
          <SpecDialog job={job} onClose={dialog.close} />
        </Suspense>
      )}
    </Section>
  );
};

const JobActions = ({ job, promotion }: { job: Job; promotion: Promotion | undefined }) => {
  const [asking, ask] = useDisclosure(false);
  const mayCancel = useMay('jobs:cancel');
  const mayCreate = useMay('jobs:create');
  const [resuming, resumption] = useDisclosure(false);
  const mayResume = useMay('sessions:operate');
  const resume = useAct('sessions.resume', { done: () => 'It goes on. Its agent is started anew.' });
  const cancel = useAct('jobs.cancel', { done: () => 'Cancelling. Its processes are being ended.' });
  return (
    <>
      {promotion && <AskChange promotion={promotion} job={job} />}
      {mayCreate && (
        <Button
          component={Link}
          to={paths.newJobFrom(job.id)}
          variant="default"
          leftSection={<IconCopyPlus size={14} />}
        >
          Use again
        </Button>
      )}
      {mayResume && job.phase === 'suspended' && (
        <Button variant="default" leftSection={<IconPlayerPlay size={14} />} onClick={resumption.open}>
          Resume
        </Button>
      )}
      {mayCancel && job.endedAt === null && (
        <Button variant="default" leftSection={<IconBan size={14} />} onClick={ask.open}>
          Cancel job
        </Button>
      )}
      <Confirm
        opened={resuming}
        onClose={resumption.close}
        title={`Resume ${job.name}?`}
        action="Resume the job"
        danger
        pending={resume.isPending}
        reason="What was found out"
        reasonNeeded
        onConfirm={(reason) =>
          resume.mutate({ params: { id: job.sessionId }, body: { reason } }, { onSuccess: resumption.close })
        }
      >
        Its agent is started anew in a sandbox of its own. What it made before stays refused; what it makes
        now is judged like any other change.
      </Confirm>
      <Confirm
        opened={asking}
        onClose={ask.close}
        title={`Cancel ${job.name}?`}
        action="Cancel the job"
        danger
        pending={cancel.isPending}
        reason="Reason (optional)"
        onConfirm={(reason) =>
          cancel.mutate(
            { params: { id: job.id }, body: reason === '' ? {} : { reason } },
            { onSuccess: ask.close },
          )
        }
      >
        Its agent and every process it started are ended, and nothing of it is published. What happened so far
        stays in the ledger. A cancelled job cannot be resumed.
      </Confirm>
    </>
  );
};
