import type { ComponentType } from 'react';
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { LoadingRows } from './elements/Notice.js';
import { LoginPage } from './pages/login/LoginPage.js';
import { paths } from './paths.js';
import { ErrorPage, NotFound } from './shell/ErrorPage.js';
import { Shell } from './shell/Shell.js';

const page = (path: string, load: () => Promise<ComponentType>): RouteObject => ({
  path,
  lazy: async () => ({ Component: await load() }),
});

/** Address → page. Each is a chunk of its own, so that nobody waits for an editor they do not open. */
const pages: RouteObject[] = [
  page(paths.jobs, async () => (await import('./pages/jobs/JobsPage.js')).JobsPage),
  page(paths.newJob, async () => (await import('./pages/jobs/NewJobPage.js')).NewJobPage),
  page('/jobs/:id', async () => (await import('./pages/jobs/JobPage.js')).JobPage),
  page('/candidates/:id', async () => (await import('./pages/candidates/CandidatePage.js')).CandidatePage),
  page(paths.promotions, async () => (await import('./pages/promotions/PromotionsPage.js')).PromotionsPage),
  page('/promotions/:id', async () => (await import('./pages/promotions/PromotionPage.js')).PromotionPage),
  page(paths.lanes, async () => (await import('./pages/lanes/LanesPage.js')).LanesPage),
  page(paths.schedules, async () => (await import('./pages/schedules/SchedulesPage.js')).SchedulesPage),
  page(paths.newSchedule, async () => (await import('./pages/schedules/NewSchedulePage.js')).NewSchedulePage),
  page(
    '/schedules/:id/change',
    async () => (await import('./pages/schedules/ChangeSchedulePage.js')).ChangeSchedulePage,
  ),
  page('/schedules/:id', async () => (await import('./pages/schedules/SchedulePage.js')).SchedulePage),
  page(
    paths.repositories,
    async () => (await import('./pages/repositories/RepositoriesPage.js')).RepositoriesPage,
  ),
  page(paths.triggers, async () => (await import('./pages/triggers/TriggersPage.js')).TriggersPage),
  page(paths.newTrigger, async () => (await import('./pages/triggers/NewTriggerPage.js')).NewTriggerPage),
  page('/triggers/:id', async () => (await import('./pages/triggers/TriggerPage.js')).TriggerPage),
  page(paths.deliveries, async () => (await import('./pages/deliveries/DeliveriesPage.js')).DeliveriesPage),
  page('/deliveries/:id', async () => (await import('./pages/deliveries/DeliveryPage.js')).DeliveryPage),
  page(paths.policies, async () => (await import('./pages/policies/PoliciesPage.js')).PoliciesPage),
  page(paths.workers, async () => (await import('./pages/workers/WorkersPage.js')).WorkersPage),
  page(paths.tasks, async () => (await import('./pages/tasks/TasksPage.js')).TasksPage),
  page(paths.principals, async () => (await import('./pages/principals/PrincipalsPage.js')).PrincipalsPage),
  page(paths.words, async () => (await import('./pages/words/WordsPage.js')).WordsPage),
  page(paths.ledger, async () => (await import('./pages/ledger/LedgerPage.js')).LedgerPage),
];

export const makeRouter = () =>
  createBrowserRouter(
    [
      { path: paths.login, element: <LoginPage />, errorElement: <ErrorPage /> },
      {
        element: <Shell />,
        errorElement: <ErrorPage />,
        hydrateFallbackElement: <LoadingRows />,
        children: [
          {
            // Inside the shell, so that a page that breaks leaves the menu usable.
            errorElement: <ErrorPage />,
            children: [
              { index: true, element: <Navigate to={paths.jobs} replace /> },
              ...pages,
              { path: '*', element: <NotFound /> },
            ],
          },
        ],
      },
    ],
    { basename: '/panel' },
  );
