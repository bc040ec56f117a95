import { Button } from '@mantine/core';
import { IconAlertTriangle, IconMapPinOff } from '@tabler/icons-react';
import { isRouteErrorResponse, Link, useRouteError } from 'react-router';
import { Empty } from '../elements/Notice.js';
import { paths } from '../paths.js';

const isStaleBuild = (error: unknown): boolean =>
  error instanceof TypeError && /dynamically imported module|module script/i.test(error.message);

/** Where a page breaks: what happened, and the way on. The rest of the panel keeps working. */
export const ErrorPage = () => {
  const error = useRouteError();
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFound />;
  return (
    <Empty
      page
      icon={IconAlertTriangle}
      title={isStaleBuild(error) ? 'The panel was updated' : 'This page broke'}
    >
      <p role="alert">
        {isStaleBuild(error)
          ? 'A part of the old version is gone. Reload to get the new one.'
          : `Nothing was lost: the work goes on without the panel. ${error instanceof Error ? error.message : ''}`}
      </p>
      <Button onClick={() => window.location.reload()}>Reload</Button>
      <Link to={paths.jobs}>All jobs</Link>
    </Empty>
  );
};

export const NotFound = () => (
  <Empty page icon={IconMapPinOff} title="There is no such page">
    <p>The address may be old, or mistyped.</p>
    <Link to={paths.jobs}>All jobs</Link>
  </Empty>
);
