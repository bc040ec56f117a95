import type { Role } from '@gatehouse/contracts';

/** Who may do what, written down apart from the code that decides it. */
export const mayOf: Readonly<Record<Role, readonly string[]>> = (() => {
  const viewer =
    'jobs:read repositories:read policies:read candidates:read promotions:read artifacts:read self:read';
  const words = (text: string): string[] => text.split(' ');
  return {
    viewer: words(viewer),
    requester: words(`${viewer} jobs:create jobs:cancel artifacts:create`),
    approver: words(`${viewer} promotions:approve`),
    operator: words(
      `${viewer} jobs:cancel sessions:operate repositories:write promotions:operate workers:read workers:operate tasks:read tasks:operate ledger:read principals:read`,
    ),
    admin: words(
      `${viewer} jobs:create jobs:cancel sessions:operate artifacts:create promotions:approve repositories:write promotions:operate workers:read workers:operate tasks:read tasks:operate ledger:read principals:read principals:write policies:write policies:activate`,
    ),
    worker: ['worker:act', 'self:read'],
    agent: ['self:read', 'jobs:read'],
  };
})();
