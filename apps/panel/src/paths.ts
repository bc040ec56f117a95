/** Every address of the panel, below its base `/panel`. Links are made here and nowhere else. */
export const paths = {
  home: '/',
  login: '/login',
  jobs: '/jobs',
  newJob: '/jobs/new',
  newJobFrom: (jobId: string) => `/jobs/new?from=${encodeURIComponent(jobId)}`,
  job: (id: string) => `/jobs/${encodeURIComponent(id)}`,
  candidate: (id: string, sessionId?: string) =>
    `/candidates/${encodeURIComponent(id)}${sessionId === undefined ? '' : `?session=${encodeURIComponent(sessionId)}`}`,
  promotions: '/promotions',
  promotion: (id: string) => `/promotions/${encodeURIComponent(id)}`,
  repositories: '/repositories',
  policies: '/policies',
  workers: '/workers',
  tasks: '/tasks',
  principals: '/principals',
  ledger: '/ledger',
} as const;
