import { createBrowserRouter, Navigate } from 'react-router';
import { LoadingRows } from './elements/Notice.js';
import { LoginPage } from './pages/login/LoginPage.js';
import { paths } from './paths.js';
import { ErrorPage, NotFound } from './shell/ErrorPage.js';
import { Shell } from './shell/Shell.js';

/** Address → page. Each page is a chunk of its own, so that nobody waits for an editor they do not open. */
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
            errorElement: <ErrorPage />,
            children: [
              { index: true, element: <Navigate to={paths.jobs} replace /> },
              {
                path: paths.jobs,
                lazy: async () => ({ Component: (await import('./pages/jobs/JobsPage.js')).JobsPage }),
              },
              {
                path: '/jobs/:id',
                lazy: async () => ({ Component: (await import('./pages/jobs/JobPage.js')).JobPage }),
              },
              { path: '*', element: <NotFound /> },
            ],
          },
        ],
      },
    ],
    { basename: '/panel' },
  );
