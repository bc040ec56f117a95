import type { Permission } from '@gatehouse/contracts';
import {
  IconCalendarTime,
  IconGitBranch,
  IconGitPullRequestDraft,
  IconHeartbeat,
  IconLink,
  IconPlayerPlay,
  IconRoad,
  IconShieldCheck,
  IconStack2,
  IconBolt,
  IconUsers,
  IconWebhook,
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
      { to: paths.lanes, label: 'Lanes', icon: IconRoad, needs: 'promotions:read' },
      { to: paths.schedules, label: 'Schedules', icon: IconCalendarTime, needs: 'jobs:read' },
      { to: paths.repositories, label: 'Repositories', icon: IconGitBranch, needs: 'repositories:read' },
      { to: paths.triggers, label: 'Triggers', icon: IconBolt, needs: 'repositories:read' },
    ],
  },
  {
    name: 'Operate',
    links: [
      { to: paths.policies, label: 'Policies', icon: IconShieldCheck, needs: 'policies:read' },
      { to: paths.workers, label: 'Workers and health', icon: IconHeartbeat, needs: 'workers:read' },
      { to: paths.deliveries, label: 'Webhook deliveries', icon: IconWebhook, needs: 'tasks:read' },
      { to: paths.tasks, label: 'Tasks', icon: IconStack2, needs: 'tasks:read' },
      { to: paths.principals, label: 'Principals', icon: IconUsers, needs: 'principals:read' },
      { to: paths.ledger, label: 'Ledger', icon: IconLink, needs: 'ledger:read' },
    ],
  },
];
