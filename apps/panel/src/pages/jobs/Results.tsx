import { Link } from 'react-router';
import type { Candidate, Promotion } from '@gatehouse/contracts';
import { Badge, ToneIcon } from '../../elements/Badge.js';
import { CopyButton, Id } from '../../elements/Copy.js';
import { levelWords } from '../../elements/level.words.js';
import { bytes, count } from '../../elements/moment.format.js';
import { Facts, Section } from '../../elements/Section.js';
import { candidateLooks, standingLook } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { verdictSentence } from '../candidates/verdict.sentence.js';
import css from './Results.module.css';

export const CandidateSummary = ({ candidate }: { candidate: Candidate }) => {
  const failed = (candidate.verdict?.gates ?? []).filter(
    (gate) => gate.answer !== 'pass' && gate.required !== false,
  );
  return (
    <Section
      title="Candidate"
      aside={<Link to={paths.candidate(candidate.id, candidate.sessionId)}>Diff and gates</Link>}
    >
      <div className={css.head}>
        <Badge look={candidateLooks[candidate.state]} />
        <Link to={paths.candidate(candidate.id, candidate.sessionId)} className={css.alias}>
          {candidate.alias}
        </Link>
      </div>
      <p className={css.says}>{verdictSentence(candidate)}</p>
      {failed.length > 0 && (
        <ul className={css.failed}>
          {failed.slice(0, 4).map((gate) => (
            <li key={gate.gate}>
              <ToneIcon tone={gate.answer === 'inconclusive' ? 'wait' : 'bad'} size={14} />
              <span>
                <strong>{gate.gate}</strong> {gate.findings[0]?.message ?? gate.summary}
              </span>
            </li>
          ))}
          {failed.length > 4 && <li className="soft">and {failed.length - 4} more</li>}
        </ul>
      )}
      <Facts
        rows={[
          ['Changes', `${count(candidate.files, 'file')}, ${bytes(candidate.patchBytes)} of patch`],
          ['Tree', <Id key="tree" value={candidate.tree} what="tree id" />],
        ]}
      />
    </Section>
  );
};

export const PromotionSummary = ({ promotion }: { promotion: Promotion }) => {
  return (
    <Section
      title="Promotion"
      aside={
        promotion.state === 'awaiting_approval' ? (
          <Link to={paths.candidate(promotion.candidateId, promotion.sessionId)}>Look and answer</Link>
        ) : (
          <Link to={paths.promotion(promotion.id)}>Open</Link>
        )
      }
    >
      <div className={css.head}>
        <Badge look={standingLook(promotion)} />
      </div>
      {(promotion.reason ?? promotion.degradedBecause) && (
        <p className={css.says}>{promotion.reason?.message ?? promotion.degradedBecause}</p>
      )}
      <Facts
        rows={[
          promotion.result?.branch
            ? [
                'Branch',
                <span key="branch" className={css.branch}>
                  <code>{promotion.result.branch}</code>
                  <CopyButton value={promotion.result.branch} what="branch name" />
                </span>,
              ]
            : null,
          promotion.result?.commit
            ? ['Commit', <Id key="commit" value={promotion.result.commit} what="commit" />]
            : null,
          ['Meant for', <code key="target">{promotion.target}</code>],
          ['Level', levelWords[promotion.level]],
          promotion.quorum > 0 ? ['Approvals', `${promotion.approvalsGiven} of ${promotion.quorum}`] : null,
        ]}
      />
    </Section>
  );
};
