import { useMemo } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import type { Candidate } from '@gatehouse/contracts';
import { Moment } from '../../elements/Moment.js';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Page, Section } from '../../elements/Section.js';
import { Term } from '../../elements/Term.js';
import { paths } from '../../paths.js';
import { useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { Approvals, hasApprovals } from '../promotions/Approvals.js';
import { AnswerCard } from './AnswerCard.js';
import { answerOf } from './answer.words.js';
import { CandidateFacts } from './CandidateFacts.js';
import { DiffSection } from './DiffSection.js';
import { FileList } from './FileList.js';
import { allFound, byPath } from './found.js';
import { GateList } from './GateList.js';
import { useFiles } from './useFiles.js';
import css from './CandidatePage.module.css';

export const CandidatePage = () => {
  const { id = '' } = useParams();
  const [search] = useSearchParams();
  const sessionId = search.get('session') ?? undefined;
  const query = sessionId === undefined ? {} : { sessionId };
  const candidate = useAsk('candidates.get', { params: { id }, query }, { every: 5_000 });
  useTitle(candidate.data === undefined ? 'Candidate' : `Candidate ${candidate.data.alias}`);
  if (candidate.data !== undefined) return <Loaded candidate={candidate.data} lost={candidate.error} />;
  return (
    <Page title="Candidate">
      {candidate.error ? (
        <ErrorNotice error={candidate.error} retry={() => void candidate.refetch()} />
      ) : (
        <LoadingRows rows={10} />
      )}
    </Page>
  );
};

const Loaded = ({ candidate, lost }: { candidate: Candidate; lost: Error | null }) => {
  const job = useAsk('jobs.get', { params: { id: candidate.jobId } }, { every: 15_000 });
  const promotions = useAsk(
    'promotions.list',
    { query: { sessionId: candidate.sessionId, limit: 20 } },
    { every: 5_000 },
  );
  const diff = useAsk('candidates.diff', { params: { id: candidate.id } });
  const promotion = promotions.data?.items.find((one) => one.candidateId === candidate.id);
  const gates = candidate.verdict?.gates;
  const found = useMemo(() => byPath(allFound(gates ?? [])), [gates]);
  const files = useFiles(diff.data, found);
  const shown = useMemo(() => new Set(diff.data?.files.map(({ path }) => path)), [diff.data]);
  const answer = answerOf({ candidate, promotion, job: job.data });

  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.jobs}>Jobs</Link> <span aria-hidden>/</span>{' '}
          <Link to={paths.job(candidate.jobId)}>{job.data?.name ?? candidate.jobId}</Link>{' '}
          <span aria-hidden>/</span> <span>{candidate.alias}</span>
        </>
      }
      title={job.data?.name ?? `Candidate ${candidate.alias}`}
      status={answer.look}
      lead={
        <>
          <Term word="candidate">Candidate</Term> {candidate.alias} of the repository {candidate.repository},
          asked for by <strong>{job.data?.requestedBy.name ?? '…'}</strong>, made{' '}
          <Moment at={candidate.createdAt} />
        </>
      }
    >
      {lost && <ErrorNotice error={lost} />}
      <div className={css.columns}>
        <div className={css.column}>
          {promotions.data === undefined && promotions.error === null ? (
            <LoadingRows rows={4} />
          ) : (
            <AnswerCard
              answer={answer}
              candidate={candidate}
              promotion={promotion}
              job={job.data}
              onGo={files.goToFound}
            />
          )}
          {gates ? (
            <GateList
              gates={gates}
              cached={candidate.verdict?.cached ?? false}
              shown={shown}
              onGo={files.goToFound}
            />
          ) : (
            <Section title="Checks" flush>
              <LoadingRows rows={5} height={14} />
            </Section>
          )}
          <div className={css.changes}>
            {diff.data ? (
              <DiffSection candidate={candidate} diff={diff.data} found={found} files={files} />
            ) : diff.error ? (
              <ErrorNotice error={diff.error} retry={() => void diff.refetch()} />
            ) : (
              <LoadingRows rows={8} />
            )}
          </div>
        </div>
        <div className={css.column}>
          {promotion && hasApprovals(promotion) && (
            <div className={css.approvals}>
              <Section title={<Term word="approval">Approvals</Term>}>
                <Approvals promotion={promotion} />
              </Section>
            </div>
          )}
          <CandidateFacts candidate={candidate} promotion={promotion} />
          <div className={css.list}>
            {diff.data && <FileList files={diff.data.files} found={found} onOpen={files.goToFile} />}
          </div>
        </div>
      </div>
    </Page>
  );
};
