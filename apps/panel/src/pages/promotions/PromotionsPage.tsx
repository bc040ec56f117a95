import { SegmentedControl, Select } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { IconGitBranch, IconGitPullRequestDraft } from '@tabler/icons-react';
import { Link, useSearchParams } from 'react-router';
import { isTerminal, promotionStates, type Job, type Promotion } from '@gatehouse/contracts';
import { Badge, Tag } from '../../elements/Badge.js';
import { Moment, useNow } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { Filters, More, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { promotionLook } from '../../elements/tone.js';
import { paths } from '../../paths.js';
import { askOf, useAsk, useList } from '../../query.js';
import { useMe } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { allowedOn, counted, inQueue } from './promotion.allowed.js';
import { promotionSentence } from './promotion.sentence.js';
import css from './PromotionBox.module.css';

const columns = [
  ['Change'],
  ['State', 170],
  ['Approvals', 100],
  ['Repository', 180],
  ['Since', 110],
] as const;

/** Names and requesters of the jobs behind the rows: a promotion itself only knows the id of its job. */
const useJobs = (promotions: readonly Promotion[]): ReadonlyMap<string, Job> => {
  const ids = [...new Set(promotions.map((promotion) => promotion.jobId))];
  const reads = useQueries({
    queries: ids.map((id) => ({ ...askOf('jobs.get', { params: { id } }), staleTime: 60_000 })),
  });
  return new Map(reads.flatMap((read) => (read.data === undefined ? [] : [[read.data.id, read.data]])));
};

export const PromotionsPage = () => {
  useTitle('Promotions');
  const me = useMe();
  const now = useNow();
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
  const jobs = useJobs(wanted);
  const waitsForMe = (promotion: Promotion) => {
    const { approve } = allowedOn(promotion, me, jobs.get(promotion.jobId)?.requestedBy.id, now);
    return approve.shown && approve.why === null;
  };
  const queue = inQueue(wanted, waitsForMe);
  const mine = queue.filter(waitsForMe).length;
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
        mine > 0
          ? `${mine} of them ${mine === 1 ? 'waits' : 'wait'} for your answer.`
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
        <Select
          aria-label="Repository"
          placeholder="Every repository"
          leftSection={<IconGitBranch size={14} />}
          w={210}
          clearable
          searchable
          data-filter
          value={repository === '' ? null : repository}
          onChange={(value) => set('repository', value ?? '', '')}
          data={(repositories.data?.items ?? []).map((one) => one.name)}
        />
      </Filters>
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {!(list.error && queue.length === 0) && (
        <Section flush>
          {list.isPending ? (
            <LoadingRows rows={6} />
          ) : queue.length === 0 ? (
            <Empty
              icon={IconGitPullRequestDraft}
              title={show === 'open' ? 'The queue is empty' : 'No promotion matches'}
            >
              <p>
                {show === 'open'
                  ? 'Candidates that passed every check come here when a person has to look at them, or when they wait for their lane.'
                  : 'Loosen the filter to see more.'}
              </p>
            </Empty>
          ) : (
            <>
              <Rows label="Promotions, what waits for you first" columns={columns}>
                {queue.map((promotion) => (
                  <tr key={promotion.id} className={waitsForMe(promotion) ? css.mine : undefined}>
                    <td>
                      <div className={css.two}>
                        <span>
                          <Link to={paths.promotion(promotion.id)} data-row>
                            {jobs.get(promotion.jobId)?.name ?? promotion.jobId}
                          </Link>{' '}
                          {waitsForMe(promotion) && <Tag tone="wait">waits for you</Tag>}
                        </span>
                        <span className="soft cut" title={promotionSentence(promotion, now)}>
                          {promotionSentence(promotion, now)}
                        </span>
                      </div>
                    </td>
                    <td>
                      <Badge look={promotionLook(promotion)} />
                    </td>
                    <td className="soft nowrap">
                      {promotion.quorum > 0 || promotion.approvals.length > 0
                        ? `${counted(promotion, now)} of ${Math.max(1, promotion.quorum)}`
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
              <More list={list} />
            </>
          )}
        </Section>
      )}
    </Page>
  );
};
