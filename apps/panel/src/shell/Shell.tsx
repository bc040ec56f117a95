import { ActionIcon, Tooltip } from '@mantine/core';
import { useDisclosure, useDocumentTitle } from '@mantine/hooks';
import { IconKeyboard, IconLogout } from '@tabler/icons-react';
import { Suspense } from 'react';
import { Navigate, NavLink, Outlet, useLocation, useNavigate } from 'react-router';
import { ApiProblem } from '../api.js';
import { ErrorNotice, LoadingRows } from '../elements/Notice.js';
import { paths } from '../paths.js';
import { queryClient, useAct, useAsk } from '../query.js';
import type { Command } from './chord.js';
import { HelpDialog } from './HelpDialog.js';
import { Mark } from './Mark.js';
import { MeContext } from './me.js';
import { navigation } from './navigation.js';
import { SchemeToggle } from './SchemeToggle.js';
import { focusFilter, moveRow, pressButton, useShortcuts } from './shortcuts.js';
import css from './Shell.module.css';

export const useTitle = (title: string): void => useDocumentTitle(`${title} · Gatehouse`);

export const Shell = () => {
  const me = useAsk('me.get', {}, { every: 60_000 });
  const location = useLocation();
  const navigate = useNavigate();
  const [helpOpen, help] = useDisclosure(false);
  const logout = useAct('login.end', { quiet: true });

  const run = (command: Command) => {
    const go: Partial<Record<Command, string>> = {
      jobs: paths.jobs,
      promotions: paths.promotions,
      schedules: paths.schedules,
      repositories: paths.repositories,
      new: paths.newJob,
    };
    const to = go[command];
    if (to !== undefined) void navigate(to);
    else if (command === 'next') moveRow(1);
    else if (command === 'previous') moveRow(-1);
    else if (command === 'approve' || command === 'reject') pressButton(command);
    else if (command === 'filter') focusFilter();
    else help.open();
  };
  useShortcuts(run);

  if (me.error instanceof ApiProblem && me.error.status === 401)
    return <Navigate to={paths.login} replace state={{ from: location.pathname + location.search }} />;
  if (me.data === undefined)
    return (
      <div className={css.alone}>
        {me.error ? (
          <ErrorNotice error={me.error} retry={() => void me.refetch()} />
        ) : (
          <LoadingRows rows={3} />
        )}
      </div>
    );

  const { principal, permissions } = me.data;
  const leave = () =>
    logout.mutate(
      {},
      {
        onSettled: () => {
          queryClient.clear();
          void navigate(paths.login);
        },
      },
    );

  return (
    <MeContext value={me.data}>
      <a href="#content" className={css.skip}>
        Skip to content
      </a>
      <div className={css.shell}>
        <nav className={css.nav} aria-label="Main">
          <NavLink to={paths.jobs} className={css.brand} aria-label="Gatehouse, all jobs">
            <Mark />
            <span>Gatehouse</span>
          </NavLink>
          {navigation.map((group) => (
            <ul key={group.name} aria-label={group.name}>
              {group.links
                .filter((link) => permissions.includes(link.needs))
                .map((link) => (
                  <li key={link.to}>
                    <NavLink to={link.to} className={css.link} title={link.label}>
                      <link.icon size={16} stroke={1.7} aria-hidden />
                      <span>{link.label}</span>
                    </NavLink>
                  </li>
                ))}
            </ul>
          ))}
          <div className={css.foot}>
            <div className={css.who} title={`Signed in as ${principal.name}, ${principal.roles.join(', ')}`}>
              <strong className="cut">{principal.name}</strong>
              <span className="cut">{principal.roles.join(', ')}</span>
            </div>
            <div className={css.tools}>
              <SchemeToggle />
              <Tooltip label="Keyboard (?)">
                <ActionIcon aria-label="Keyboard shortcuts" className="phone-hidden" onClick={help.open}>
                  <IconKeyboard size={16} stroke={1.7} />
                </ActionIcon>
              </Tooltip>
              <Tooltip label="Sign out">
                <ActionIcon aria-label="Sign out" onClick={leave}>
                  <IconLogout size={16} stroke={1.7} />
                </ActionIcon>
              </Tooltip>
            </div>
          </div>
        </nav>
        <main id="content" tabIndex={-1} className={css.main}>
          <Suspense fallback={<LoadingRows />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <HelpDialog opened={helpOpen} onClose={help.close} />
    </MeContext>
  );
};
