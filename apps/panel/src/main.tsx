import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './style.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { queryClient } from './query.js';
import { takeArrival } from './pages/login/arrival.js';
import { makeRouter } from './routes.js';
import { theme } from './theme.js';

// The same key as in public/boot.js, which paints the scheme before this file is there.
const scheme = localStorageColorSchemeManager({ key: 'gatehouse-scheme' });

// Before the router reads the address: a one-time code must not stay in the history.
takeArrival();
const router = makeRouter();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={scheme}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
      <Notifications position="bottom-right" />
    </MantineProvider>
  </StrictMode>,
);
