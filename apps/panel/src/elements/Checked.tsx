import type { ReactNode } from 'react';
import { LoadingRows } from './Notice.js';
import type { ServerCheck } from './useServerCheck.js';

interface Props<T> {
  readonly server: ServerCheck<T>;
  /** Before there is anything to ask. */
  readonly before: string;
  /** Where the server did not accept it. */
  readonly refused: string;
  readonly rows: number;
  readonly children: (data: T) => ReactNode;
}

/** What the server says of what is being written, or where that stands. */
export const Checked = <T,>({ server, before, refused, rows, children }: Props<T>) => {
  const { data, error, checking } = server;
  if (data !== undefined) return children(data);
  return (
    <>
      <span className="soft" role="status">
        {checking ? 'Checking…' : error === null ? before : refused}
      </span>
      {checking && <LoadingRows rows={rows} height={14} />}
    </>
  );
};
