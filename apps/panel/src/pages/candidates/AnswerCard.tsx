import { Button } from '@mantine/core';
import { IconArrowDown, IconPlayerPlay, IconRepeat } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Candidate, Job, Promotion } from '@gatehouse/contracts';
import { Tag, ToneIcon } from '../../elements/Badge.js';
import { CopyButton } from '../../elements/Copy.js';
import { Shown } from '../../elements/Shown.js';
import { Term } from '../../elements/Term.js';
import { paths } from '../../paths.js';
import { useMay } from '../../shell/me.js';
import { AskChange } from '../promotions/AskChange.js';
import { PullLink } from '../promotions/PullLink.js';
import { PromotionActions } from '../promotions/PromotionActions.js';
import type { Answer } from './answer.words.js';
import type { Found } from './found.js';
import css from './AnswerCard.module.css';

interface Props {
  readonly answer: Answer;
  readonly candidate: Candidate;
  readonly promotion: Promotion | undefined;
  readonly job: Job | undefined;
  readonly onGo: (found: Found) => void;
}

/** As many fit an address; the goal of the new job may say more. */
const maxWithout = 40;

const Actions = ({ answer, candidate, promotion, job, onGo }: Props) => {
  const mayCreate = useMay('jobs:create');
  const { found } = answer;
  const drop = candidate.verdict?.repair?.drop ?? [];
  const refused = candidate.state === 'fail' && job !== undefined;
  const retry = refused && job.phase !== 'suspended' && job.spec.spec.agent.adapter !== 'patch' && mayCreate;
  return (
    <div className={css.actions}>
      {found?.finding.path !== undefined && (
        <Button variant="default" leftSection={<IconArrowDown size={14} />} onClick={() => onGo(found)}>
          Show the place
        </Button>
      )}
      {retry && (
        <Button
          component={Link}
          to={paths.newJobFrom(job.id, drop.slice(0, maxWithout))}
          leftSection={<IconRepeat size={14} />}
        >
          {drop.length === 0
            ? 'Ask again'
            : `Ask again without ${drop.length === 1 ? 'this file' : `these ${drop.length} files`}`}
        </Button>
      )}
      {refused && job.phase === 'suspended' && (
        <Button component={Link} to={paths.job(job.id)} leftSection={<IconPlayerPlay size={14} />}>
          Go to the job
        </Button>
      )}
      {promotion?.supersededBy && (
        <Button component={Link} to={paths.promotion(promotion.supersededBy)} variant="default">
          The newer one
        </Button>
      )}
      {promotion && <AskChange promotion={promotion} job={job} />}
      {promotion && <PromotionActions promotion={promotion} />}
    </div>
  );
};

const Untrusted = ({ job }: { job: Job }) => {
  const inputs = (job.spec.spec.inputs ?? []).filter(({ trust }) => trust === 'untrusted');
  if (inputs.length === 0) return null;
  return (
    <div className={css.row}>
      <dt>
        <Tag tone="wait">
          <Term word="taint">untrusted</Term>
        </Tag>
      </dt>
      <dd>
        Made of text by somebody who may not write to the repository:{' '}
        {inputs.map(({ source, reason }, i) => (
          <span key={i}>
            {i > 0 && ', '}
            <code>
              <Shown text={source} />
            </code>
            {reason !== undefined && (
              <>
                {' '}
                (<Shown text={reason} />)
              </>
            )}
          </span>
        ))}
      </dd>
    </div>
  );
};

/** The whole answer, before anybody scrolls: where it stands, why, what to do, and who can. */
export const AnswerCard = (props: Props) => {
  const { answer, candidate, promotion, job } = props;
  const branch = promotion?.result?.branch;
  return (
    <section
      className={`${css.card} tone-${answer.look.tone}`}
      role={answer.look.tone === 'bad' ? 'alert' : 'status'}
      aria-label="Where this stands"
    >
      <h2 className={css.title}>
        <ToneIcon tone={answer.look.tone} size={20} />
        <span>
          {promotion?.state === 'succeeded' ? (
            <Link to={paths.promotion(promotion.id)}>{answer.title}</Link>
          ) : (
            answer.title
          )}
        </span>
      </h2>
      <dl className={css.rows}>
        <div className={css.row}>
          <dt>Why</dt>
          <dd className={css.why}>
            <Shown text={answer.why} />
          </dd>
        </div>
        <div className={css.row}>
          <dt>What to do</dt>
          <dd>
            <Shown text={answer.next} />
          </dd>
        </div>
        <div className={css.row}>
          <dt>Who can</dt>
          <dd>{answer.who}</dd>
        </div>
        {promotion?.pullRequest && (
          <div className={css.row}>
            <dt>Pull request</dt>
            <dd>
              <PullLink pull={promotion.pullRequest} />
            </dd>
          </div>
        )}
        {branch && (
          <div className={css.row}>
            <dt>Branch</dt>
            <dd>
              <code>{branch}</code> <CopyButton value={branch} what="branch name" />
            </dd>
          </div>
        )}
        {job && <Untrusted job={job} />}
        <div className={css.row}>
          <dt>Asked for</dt>
          <dd className={css.goal}>
            <Shown text={job?.spec.spec.goal ?? ' '} />
          </dd>
        </div>
      </dl>
      <Actions {...props} />
      {candidate.verdict?.repair && candidate.verdict.repair.drop.length > 0 && (
        <div className={css.drop}>
          <span className="soft">To leave out</span>
          <ul aria-label="Files to leave out">
            {candidate.verdict.repair.drop.map((path) => (
              <li key={path}>
                <code>
                  <Shown text={path} />
                </code>
              </li>
            ))}
          </ul>
          <CopyButton value={candidate.verdict.repair.drop.join('\n')} what="these paths" />
        </div>
      )}
    </section>
  );
};
