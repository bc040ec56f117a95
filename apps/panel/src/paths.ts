/** Every address of the panel, below its base `/panel`. Links are made here and nowhere else. */
export const paths = {
  home: '/',
  login: '/login',
  jobs: '/jobs',
  newJob: '/jobs/new',
  newJobFrom: (jobId: string, without: readonly string[] = []) =>
    `/jobs/new?${new URLSearchParams([['from', jobId], ...without.map((path) => ['without', path])]).toString()}`,
  job: (id: string) => `/jobs/${encodeURIComponent(id)}`,
  candidate: (id: string, sessionId?: string) =>
    `/candidates/${encodeURIComponent(id)}${sessionId === undefined ? '' : `?session=${encodeURIComponent(sessionId)}`}`,
  promotions: '/promotions',
  promotion: (id: string) => `/promotions/${encodeURIComponent(id)}`,
  schedules: '/schedules',
  schedule: (id: string) => `/schedules/${encodeURIComponent(id)}`,
  repositories: '/repositories',
  policies: '/policies',
  policiesOf: (repository: string) => `/policies?repository=${encodeURIComponent(repository)}`,
  workers: '/workers',
  tasks: '/tasks',
  principals: '/principals',
  ledger: '/ledger',
  words: '/words',
  word: (word: string) => `/words#${word}`,
} as const;
