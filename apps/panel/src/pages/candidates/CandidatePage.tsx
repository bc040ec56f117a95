import { IconCircleCheck, IconCircleMinus, IconClock, IconShieldX, type Icon } from '@tabler/icons-react';
import { Link, useParams, useSearchParams } from 'react-router';
import type { Candidate } from '@gatehouse/contracts';
import { Id } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { Banner, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Facts, Page, Section } from '../../elements/Section.js';
import { candidateLooks, type Tone } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { PromotionBox } from '../promotions/PromotionBox.js';
import { DiffSection } from './DiffSection.js';
import { GateList } from './GateList.js';
import { RepairSection } from './RepairSection.js';
import { verdictSentence } from './verdict.sentence.js';
import css from './CandidatePage.module.css';

const icons: Readonly<Record<Tone, Icon>> = {
  good: IconCircleCheck,
  bad: IconShieldX,
  wait: IconClock,
  live: IconClock,
  quiet: IconCircleMinus,
};

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
  const job = useAsk('jobs.get', { params: { id: candidate.jobId } });
  const promotions = useAsk(
    'promotions.list',
    { query: { sessionId: candidate.sessionId, limit: 20 } },
    { every: 5_000 },
  );
  const promotion = promotions.data?.items.find((one) => one.candidateId === candidate.id);
  const look = candidateLooks[candidate.state];
  const needs = candidate.state === 'pass' && candidate.verdict?.approvalsNeeded === true;
  const tone = needs ? 'wait' : look.tone;

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
      title={`Candidate ${candidate.alias}`}
      status={look}
    >
      {lost && <ErrorNotice error={lost} />}
      <Banner tone={tone} icon={icons[tone]} title={verdictSentence(candidate)} />
      <div className={css.columns}>
        <div className={css.column}>
          <Section title="Asked for">
            <p className={css.goal}>{job.data?.spec.spec.goal ?? ' '}</p>
          </Section>
          {candidate.verdict?.repair && <RepairSection repair={candidate.verdict.repair} />}
          {candidate.verdict ? (
            <GateList gates={candidate.verdict.gates} cached={candidate.verdict.cached} />
          ) : (
            <Section title="Checks" flush>
              <LoadingRows rows={5} height={14} />
            </Section>
          )}
        </div>
        <div className={css.column}>
          {promotion && <PromotionBox promotion={promotion} requesterId={job.data?.requestedBy.id} />}
          <Section title="Candidate">
            <Facts
              rows={[
                ['Repository', candidate.repository],
                ['Requested by', job.data?.requestedBy.name ?? ''],
                ['Made', <Moment key="at" at={candidate.createdAt} />],
                ['Base', <Id key="base" value={candidate.base} what="base commit" />],
                ['Tree', <Id key="tree" value={candidate.tree} what="tree id" />],
                ['Patch', <Id key="patch" value={candidate.patch} what="patch digest" keep={17} />],
                ['Candidate id', <Id key="id" value={candidate.id} what="candidate id" keep={14} />],
                candidate.verdict && [
                  'Policy',
                  <Id key="policy" value={candidate.verdict.policyDigest} what="policy digest" />,
                ],
                candidate.verdict && ['Judged', <Moment key="judged" at={candidate.verdict.decidedAt} />],
              ]}
            />
          </Section>
        </div>
      </div>
      <DiffSection candidate={candidate} />
    </Page>
  );
};
