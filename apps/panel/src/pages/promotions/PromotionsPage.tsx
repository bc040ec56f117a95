import { SegmentedControl } from '@mantine/core';
import { IconGitPullRequestDraft } from '@tabler/icons-react';
import { Link, useSearchParams } from 'react-router';
import { isTerminal, promotionStates, type Promotion } from '@gatehouse/contracts';
import { Badge, Tag } from '../../elements/Badge.js';
import { Moment } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Filters, More, Rows } from '../../elements/Rows.js';
import { count } from '../../elements/moment.format.js';
import { Shown } from '../../elements/Shown.js';
import { Page, Section } from '../../elements/Section.js';
import { standingLook } from '../../elements/tone.js';
import { RepositoryFilter } from '../../elements/RepositoryFilter.js';
import { paths } from '../../paths.js';
import { useAsk, useList } from '../../query.js';
import { useMe } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { allowedOn, inQueue } from './promotion.allowed.js';
import { queueReason } from './promotion.sentence.js';
import css from './PromotionPage.module.css';

const columns = [
  ['Change and why'],
  ['Asked by', 110, 'roomy'],
  ['State', 160],
  ['Approvals', 90],
  ['Repository', 150],
  ['Since', 100],
] as const;

interface RowsProps {
  readonly label: string;
  readonly promotions: readonly Promotion[];
  readonly waitsForMe: (promotion: Promotion) => boolean;
}

const PromotionRows = ({ label, promotions, waitsForMe }: RowsProps) => {
  return (
    <Rows label={label} columns={columns}>
      {promotions.map((promotion) => (
        <tr key={promotion.id} className={waitsForMe(promotion) ? css.mine : undefined}>
          <td>
            <div className={css.two}>
              <span>
                <Link to={paths.candidate(promotion.candidateId, promotion.sessionId)} data-row>
                  {promotion.jobName}
                </Link>{' '}
                {waitsForMe(promotion) && <Tag tone="wait">waits for you</Tag>}
              </span>
              <span className="soft">
                <Shown text={queueReason(promotion)} />
              </span>
            </div>
          </td>
          <td className="roomy cut">{promotion.requestedBy.name}</td>
          <td>
            <Link to={paths.promotion(promotion.id)} className={css.state}>
              <Badge look={standingLook(promotion)} />
            </Link>
          </td>
          <td className="soft nowrap">
            {promotion.quorum > 0 || promotion.approvals.length > 0
              ? `${promotion.approvalsGiven} of ${Math.max(1, promotion.quorum)}`
              : 'not asked'}
          </td>
          <td className="cut" title={promotion.repository}>
            {promotion.repository}
          </td>
          <td className="soft">
            <Moment at={promotion.createdAt} />
          </td>
        </tr>
      ))}
    </Rows>
  );
};

export const PromotionsPage = () => {
  useTitle('Promotions');
  const me = useMe();
  const [search, setSearch] = useSearchParams();
  const show = search.get('show') === 'ended' ? 'ended' : search.get('show') === 'all' ? 'all' : 'open';
  const repository = search.get('repository') ?? '';
  const list = useList('promotions.list', repository === '' ? {} : { repository }, 3_000);
  const waiting = useList(
    'promotions.list',
    { state: 'awaiting_approval', ...(repository === '' ? {} : { repository }) },
    3_000,
  );
  const repositories = useAsk('repositories.list', { query: { limit: 200 } });
  // What waits for an answer may be older than the first page of all.
  const every = [...new Map([...waiting.items, ...list.items].map((one) => [one.id, one])).values()];
  const isOpen = (promotion: Promotion) => !isTerminal(promotionStates, promotion.state);
  const wanted = every.filter((promotion) => show === 'all' || isOpen(promotion) === (show === 'open'));
  const waitsForMe = (promotion: Promotion) => {
    const { approve } = allowedOn(promotion, me);
    return approve.shown && approve.why === null;
  };
  const queue = inQueue(wanted, waitsForMe);
  const mine = queue.filter(waitsForMe);
  const rest = show === 'open' ? queue.filter((one) => !waitsForMe(one)) : queue;
  const mayAnswer = me.permissions.includes('promotions:approve');
  const set = (name: string, value: string, normal: string) => {
    const next = new URLSearchParams(search);
    if (value === normal) next.delete(name);
    else next.set(name, value);
    setSearch(next, { replace: true });
  };

  return (
    <Page
      title="Promotions"
      lead={
        mine.length > 0
          ? `${mine.length} of them ${mine.length === 1 ? 'waits' : 'wait'} for your answer.`
          : 'Nothing waits for your answer.'
      }
    >
      <Filters>
        <SegmentedControl
          aria-label="Which promotions"
          value={show}
          onChange={(value) => set('show', value, 'open')}
          data={[
            { value: 'open', label: 'Open' },
            { value: 'ended', label: 'Ended' },
            { value: 'all', label: 'All' },
          ]}
        />
        <RepositoryFilter
          names={(repositories.data?.items ?? []).map(({ name }) => name)}
          value={repository === '' ? null : repository}
          onChange={(value) => set('repository', value ?? '', '')}
        />
      </Filters>
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {show === 'open' && !list.isPending && !list.error && queue.length > 0 && (
        <Section
          title="Waits for your answer"
          flush
          aside={mine.length > 0 ? count(mine.length, 'change') : undefined}
        >
          {mine.length === 0 ? (
            <p className={css.none}>
              {mayAnswer
                ? 'Nothing. What somebody else asked for and policy wants a person to look at comes here.'
                : `Nothing can: answering needs the role approver, and you have ${me.principal.roles.join(', ')}.`}
            </p>
          ) : (
            <PromotionRows label="Waits for your answer" promotions={mine} waitsForMe={waitsForMe} />
          )}
        </Section>
      )}
      {!(list.error && queue.length === 0) && (
        <Section
          flush
          {...(show === 'open' && queue.length > 0 ? { title: 'Waits for others, or for its turn' } : {})}
        >
          {list.isPending ? (
            <LoadingRows rows={6} />
          ) : rest.length === 0 ? (
            <Empty
              icon={IconGitPullRequestDraft}
              title={
                show !== 'open'
                  ? 'No promotion matches'
                  : mine.length > 0
                    ? 'Nothing else is open'
                    : 'The queue is empty'
              }
            >
              <p>
                {show === 'open'
                  ? 'Changes that passed every check come here when a person has to look at them, or when they wait for their turn. What was published is under Ended.'
                  : 'Loosen the filter to see more.'}
              </p>
            </Empty>
          ) : (
            <>
              <PromotionRows
                label={show === 'open' ? 'Other open promotions' : 'Promotions'}
                promotions={rest}
                waitsForMe={waitsForMe}
              />
              <More list={list} />
            </>
          )}
        </Section>
      )}
    </Page>
  );
};
