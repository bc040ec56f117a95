import type { Permission } from '@gatehouse/contracts';
import {
  IconCalendarTime,
  IconGitBranch,
  IconGitPullRequestDraft,
  IconHeartbeat,
  IconLink,
  IconPlayerPlay,
  IconShieldCheck,
  IconStack2,
  IconUsers,
  type Icon,
} from '@tabler/icons-react';
import { paths } from '../paths.js';

interface Link {
  readonly to: string;
  readonly label: string;
  readonly icon: Icon;
  readonly needs: Permission;
}

/** The menu: what people come for first, what operators come for below. */
export const navigation: readonly { readonly name: string; readonly links: readonly Link[] }[] = [
  {
    name: 'Work',
    links: [
      { to: paths.jobs, label: 'Jobs', icon: IconPlayerPlay, needs: 'jobs:read' },
      { to: paths.promotions, label: 'Promotions', icon: IconGitPullRequestDraft, needs: 'promotions:read' },
      { to: paths.schedules, label: 'Schedules', icon: IconCalendarTime, needs: 'jobs:read' },
      { to: paths.repositories, label: 'Repositories', icon: IconGitBranch, needs: 'repositories:read' },
    ],
  },
  {
    name: 'Operate',
    links: [
      { to: paths.policies, label: 'Policies', icon: IconShieldCheck, needs: 'policies:read' },
      { to: paths.workers, label: 'Workers and health', icon: IconHeartbeat, needs: 'workers:read' },
      { to: paths.tasks, label: 'Tasks', icon: IconStack2, needs: 'tasks:read' },
      { to: paths.principals, label: 'Principals', icon: IconUsers, needs: 'principals:read' },
      { to: paths.ledger, label: 'Ledger', icon: IconLink, needs: 'ledger:read' },
    ],
  },
];
