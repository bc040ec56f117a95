import { Link, useParams } from 'react-router';
import type { Promotion } from '@gatehouse/contracts';
import { Id } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Facts, Page, Section } from '../../elements/Section.js';
import { standingLook } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { useAsk } from '../../query.js';
import { useTitle } from '../../shell/Shell.js';
import { GateList } from '../candidates/GateList.js';
import { verdictSentence } from '../candidates/verdict.sentence.js';
import { PromotionActions } from './PromotionActions.js';
import { AskChange } from './AskChange.js';
import { Approvals, hasApprovals } from './Approvals.js';
import { Preflight } from './Preflight.js';
import { promotionFacts } from './promotion.facts.js';
import { promotionSentence } from './promotion.sentence.js';
import css from './PromotionPage.module.css';

export const PromotionPage = () => {
  const { id = '' } = useParams();
  const promotion = useAsk('promotions.get', { params: { id } }, { every: 3_000 });
  useTitle('Promotion');
  if (promotion.data !== undefined) return <Loaded promotion={promotion.data} lost={promotion.error} />;
  return (
    <Page title="Promotion">
      {promotion.error ? (
        <ErrorNotice error={promotion.error} retry={() => void promotion.refetch()} />
      ) : (
        <LoadingRows rows={8} />
      )}
    </Page>
  );
};

const Loaded = ({ promotion, lost }: { promotion: Promotion; lost: Error | null }) => {
  const job = useAsk('jobs.get', { params: { id: promotion.jobId } });
  const candidate = useAsk('candidates.get', {
    params: { id: promotion.candidateId },
    query: { sessionId: promotion.sessionId },
  });
  return (
    <Page
      wide
      trail={
        <>
          <Link to={paths.promotions}>Promotions</Link> <span aria-hidden>/</span>{' '}
          <span>{job.data?.name ?? promotion.id}</span>
        </>
      }
      title={job.data?.name ?? 'Promotion'}
      status={standingLook(promotion)}
      lead={promotionSentence(promotion)}
    >
      {lost && <ErrorNotice error={lost} />}
      <div className={css.columns}>
        <div className={css.column}>
          <Section
            title={promotion.state === 'succeeded' ? 'What was published' : 'What would be published'}
            aside={
              <Link to={paths.candidate(promotion.candidateId, promotion.sessionId)}>Look at the diff</Link>
            }
          >
            <p className={css.goal}>{job.data?.spec.spec.goal ?? ' '}</p>
            {candidate.data && <p className={css.why}>{verdictSentence(candidate.data)}</p>}
            {candidate.error && <ErrorNotice error={candidate.error} />}
          </Section>
          <Preflight promotion={promotion} />
          {candidate.data?.verdict && (
            <GateList gates={candidate.data.verdict.gates} cached={candidate.data.verdict.cached} />
          )}
        </div>
        <div className={css.column}>
          <Section title="Answer">
            <div className={css.column}>
              <Approvals promotion={promotion} />
              <PromotionActions promotion={promotion} />
              {!hasApprovals(promotion) && (
                <p className={css.why}>Nobody was asked, or nobody has answered.</p>
              )}
              <div className={css.actions}>
                <AskChange promotion={promotion} job={job.data} />
              </div>
            </div>
          </Section>
          <Section title="Promotion">
            <Facts
              rows={[
                ...promotionFacts(promotion),
                ['Repository', promotion.repository],
                ['Requested by', job.data?.requestedBy.name ?? ''],
                [
                  'Job',
                  <Link key="job" to={paths.job(promotion.jobId)}>
                    {job.data?.name ?? promotion.jobId}
                  </Link>,
                ],
                [
                  'In its lane since',
                  <Link key="at" to={paths.lanesOf(promotion.repository)}>
                    <Moment at={promotion.createdAt} />
                  </Link>,
                  'lane',
                ],
                promotion.endedAt === null ? null : ['Ended', <Moment key="end" at={promotion.endedAt} />],
                promotion.supersededBy === null
                  ? null
                  : [
                      'Superseded by',
                      <Link key="next" to={paths.promotion(promotion.supersededBy)}>
                        the newer promotion
                      </Link>,
                    ],
                ['Promotion id', <Id key="id" value={promotion.id} what="promotion id" keep={30} />],
              ]}
            />
          </Section>
        </div>
      </div>
    </Page>
  );
};
