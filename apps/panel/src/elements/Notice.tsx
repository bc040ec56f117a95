import { Button, Skeleton } from '@mantine/core';
import { IconAlertTriangle, IconInbox, type Icon } from '@tabler/icons-react';
import { ApiProblem } from '../api.js';
import { titleOf } from '../query.js';
import type { Tone } from './tone.js';
import css from './Notice.module.css';

export const Banner = ({
  tone,
  icon: Shape,
  title,
  children,
  actions,
}: {
  tone: Tone;
  icon?: Icon;
  title: React.ReactNode;
  children?: React.ReactNode;
  actions?: React.ReactNode;
}) => (
  <div className={`${css.banner} tone-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
    {Shape && <Shape size={18} aria-hidden className={css.icon} />}
    <div className={css.body}>
      <div className={css.title}>{title}</div>
      {children && <div className={css.text}>{children}</div>}
    </div>
    {actions && <div className={css.actions}>{actions}</div>}
  </div>
);

/** What is not there, or not allowed, will not be there the next second. */
const isWorthRetry = (error: unknown): boolean =>
  !(error instanceof ApiProblem && [403, 404, 422].includes(error.status));

/** What the server said went wrong, and the way out of it. */
export const ErrorNotice = ({ error, retry }: { error: unknown; retry?: () => void }) => (
  <Banner
    tone="bad"
    icon={IconAlertTriangle}
    title={titleOf(error)}
    actions={
      retry &&
      isWorthRetry(error) && (
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      )
    }
  >
    {error instanceof Error ? error.message : 'Something unexpected happened.'}
    {error instanceof ApiProblem && error.problem && (
      <div className={css.code}>
        <code>{error.problem.code}</code>
        {error.problem.instance && <code>request {error.problem.instance}</code>}
      </div>
    )}
  </Banner>
);

export const Empty = ({
  icon: Shape = IconInbox,
  title,
  page = false,
  children,
}: {
  icon?: Icon;
  title: string;
  /** True where this is all that the page has to say. */
  page?: boolean;
  children?: React.ReactNode;
}) => (
  <div className={css.empty}>
    <Shape size={28} stroke={1.4} aria-hidden />
    {page ? <h1>{title}</h1> : <h2>{title}</h2>}
    {children}
  </div>
);

export const LoadingRows = ({ rows = 6, height = 20 }: { rows?: number; height?: number }) => (
  <div className={css.loading} aria-busy="true" aria-label="Loading">
    {Array.from({ length: rows }, (_, i) => (
      <Skeleton key={i} height={height} radius="sm" width={`${100 - ((i * 13) % 30)}%`} />
    ))}
  </div>
);
