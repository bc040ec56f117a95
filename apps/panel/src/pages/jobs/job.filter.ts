import { Name, RepositoryName, type JobQuery } from '@gatehouse/contracts';

export interface JobFilter {
  readonly live: 'all' | 'live' | 'ended';
  readonly repository: string;
  readonly name: string;
}

/** The filter in the address, so that a list can be shared and Back goes back. */
export const filterOf = (search: URLSearchParams): JobFilter => {
  const live = search.get('show');
  return {
    live: live === 'live' || live === 'ended' ? live : 'all',
    repository: search.get('repository') ?? '',
    name: search.get('name') ?? '',
  };
};

export const searchOf = (filter: JobFilter): Record<string, string> => ({
  ...(filter.live === 'all' ? {} : { show: filter.live }),
  ...(filter.repository === '' ? {} : { repository: filter.repository }),
  ...(filter.name === '' ? {} : { name: filter.name }),
});

export const isFiltered = (filter: JobFilter): boolean => Object.keys(searchOf(filter)).length > 0;

/** What the server is asked. A half-typed name that could not be one is left out, and `nameFault` says so. */
export const queryOf = (filter: JobFilter): Pick<JobQuery, 'live' | 'repository' | 'name'> => ({
  ...(filter.live === 'all' ? {} : { live: filter.live === 'live' ? 'true' : 'false' }),
  ...(RepositoryName.safeParse(filter.repository).success ? { repository: filter.repository } : {}),
  ...(filter.name !== '' && nameFault(filter) === null ? { name: filter.name } : {}),
});

export const nameFault = (filter: JobFilter): string | null => {
  if (filter.name === '') return null;
  const parsed = Name.safeParse(filter.name);
  return parsed.success ? null : (parsed.error.issues[0]?.message ?? 'not a name');
};
