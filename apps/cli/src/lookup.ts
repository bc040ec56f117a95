import {
  idPrefixes,
  type Candidate,
  type Principal,
  type Repository,
  type Worker,
} from '@gatehouse/contracts';
import type { Client } from '@gatehouse/client';
import { CliFault } from './exit.code.js';

const idPattern = (prefix: string) => new RegExp(`^${prefix}_[0-9A-Z]{26}$`);

/** More than this is not looked through for a name. */
const lookThrough = 2_000;

const byName = async <T>(
  what: string,
  wanted: string,
  items: AsyncIterable<T>,
  fits: (item: T) => boolean,
  list: string,
): Promise<T> => {
  for await (const item of items) if (fits(item)) return item;
  throw new CliFault('notFound', `there is no ${what} "${wanted}"`, `list them with ${list}`);
};

const query = { query: { limit: 200 } } as const;
const most = { max: lookThrough };

export const findRepository = async (client: Client, wanted: string): Promise<Repository> =>
  idPattern(idPrefixes.repository).test(wanted)
    ? client.call('repositories.get', { params: { id: wanted } })
    : byName(
        'repository',
        wanted,
        client.pages('repositories.list', query, most),
        ({ name }) => name === wanted,
        'gatehouse repo list',
      );

export const findPrincipal = async (client: Client, wanted: string): Promise<Principal> =>
  idPattern(idPrefixes.principal).test(wanted)
    ? client.call('principals.get', { params: { id: wanted } })
    : byName(
        'principal',
        wanted,
        client.pages('principals.list', query, most),
        ({ name }) => name === wanted,
        'gatehouse principal list',
      );

export const findWorker = async (client: Client, wanted: string): Promise<Worker> =>
  byName(
    'worker',
    wanted,
    client.pages('workers.list', query, most),
    ({ id, name }) => id === wanted || name === wanted,
    'gatehouse worker list',
  );

/** By id, by the beginning of the id (at least 8 digits) or by alias. */
export const findCandidate = async (client: Client, wanted: string): Promise<Candidate> => {
  if (/^cnd_[0-9a-f]{64}$/.test(wanted)) return client.call('candidates.get', { params: { id: wanted } });
  const isStart = /^cnd_[0-9a-f]{8,}$/.test(wanted);
  const found = await byName(
    'candidate',
    wanted,
    client.pages('candidates.list', query, most),
    ({ id, alias }) => alias === wanted || (isStart && id.startsWith(wanted)),
    'gatehouse candidate list',
  );
  return client.call('candidates.get', { params: { id: found.id }, query: { sessionId: found.sessionId } });
};
