import { GatehouseError } from '@gatehouse/contracts';
import type {
  ForgeComment,
  ForgeIssue,
  ForgePermission,
  ForgePull,
  ForgeReader,
  ForgeReview,
} from '@gatehouse/forge';

/** What people may do at the forge, by login; changed by the test. */
export const people: Record<string, ForgePermission> = {};
/** What the forge calls repositories now, by `owner/name` of any time. */
export const named: Record<string, { id: number; owner: string; name: string }> = {
  'acme/widgets': { id: 186853002, owner: 'acme', name: 'widgets' },
};
export const forgeAsked: string[] = [];
/** What was said there, by its number: all that deliveries told of, as long as the test does not change it. */
export const said = new Map<number, Record<string, unknown>>();

/** What the forge answers to whoever asks what was said of late. */
export const heard = {
  comments: [] as ForgeComment[],
  reviews: [] as ForgeReview[],
  pulls: [] as ForgePull[],
  issues: new Map<number, ForgeIssue>(),
};

const saidAt = (id: number): Promise<never> => {
  const found = said.get(id);
  if (found !== undefined) return Promise.resolve(found as never);
  return Promise.reject(new GatehouseError('forge.not_found', `There is no ${id}.`));
};

/** What a delivery tells of is what was said. */
export const noteSaid = (payload: unknown): void => {
  const { sender, comment, review, issue, pull_request, label } = Object(payload) as Record<
    string,
    Record<string, unknown>
  >;
  if (issue !== undefined) {
    const author = issue['user'] ?? { id: 0, login: 'ghost', type: 'other' };
    const labels = label === undefined ? [] : [label['name']];
    heard.issues.set(Number(issue['number']), {
      ...{ ...issue, body: issue['body'] ?? '', author, labels, updatedAt: new Date() },
    } as never);
  }
  const one = comment ?? review;
  if (one === undefined) return;
  said.set(Number(one['id']), {
    ...{ author: sender, body: one['body'] ?? '', number: (issue ?? pull_request)?.['number'] },
    ...{ state: String(one['state']).toLowerCase(), commit: one['commit_id'] },
    createdAt: new Date(String(one['created_at'])),
  });
};

/** Answers what the test has put into the values above. */
export const reader = {
  permissionOf: (_repo: unknown, login: string) => {
    forgeAsked.push(login);
    return Promise.resolve(people[login] ?? 'none');
  },
  repository: ({ owner, name }: { owner: string; name: string }) =>
    Promise.resolve({
      ...(named[`${owner}/${name}`] ?? { id: 0, owner, name }),
      ...{ defaultBranch: 'main', private: false, archived: false },
    }),
  repositoryOfNumber: ({ id }: { id: number }) => {
    const found = Object.values(named).find((one) => one.id === id);
    if (found !== undefined) return Promise.resolve(found);
    return Promise.reject(new GatehouseError('forge.not_found', `There is no repository ${id}.`));
  },
  comment: (_repo: unknown, _kind: unknown, id: number) => saidAt(id),
  commentsSince: () => Promise.resolve(heard.comments),
  pullsUpdatedSince: () => Promise.resolve(heard.pulls),
  reviews: () => Promise.resolve(heard.reviews),
  issue: (_repo: unknown, number: number) => {
    const found = heard.issues.get(number);
    if (found !== undefined) return Promise.resolve(found);
    return Promise.reject(new GatehouseError('forge.not_found', `There is no issue ${number}.`));
  },
  pull: (_repo: unknown, number: number) => Promise.resolve(heard.pulls.find((one) => one.number === number)),
  review: (_repo: unknown, _number: unknown, id: number) => saidAt(id),
} as unknown as ForgeReader;
