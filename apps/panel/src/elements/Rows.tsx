import { Button } from '@mantine/core';
import css from './Rows.module.css';

/** Name, width in pixels, and whether the column is left out where the window is narrow. */
export type Column = readonly [name: string, width?: number, roomy?: 'roomy'];

/**
 * A dense table. Cells of a roomy column carry the class `roomy`. The first link of a row carries `data-row`: `j` and `k` walk those links, so moving through
 * a list is moving the focus, and Enter, middle click and screen readers work as they do everywhere.
 */
export const Rows = ({
  columns,
  label,
  children,
}: {
  columns: readonly Column[];
  label: string;
  children: React.ReactNode;
}) => (
  <div className={css.scroll}>
    <table className={css.table} aria-label={label}>
      <thead>
        <tr>
          {columns.map(([name, width, roomy]) => (
            <th key={name} scope="col" className={roomy} style={width === undefined ? undefined : { width }}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);

export const More = ({ list }: { list: { hasMore: boolean; more: () => void; loadingMore: boolean } }) =>
  list.hasMore ? (
    <div className={css.more}>
      <Button variant="default" onClick={list.more} loading={list.loadingMore}>
        Show more
      </Button>
    </div>
  ) : null;

/** Filters above a list. The one marked with `data-filter` is where `/` goes. */
export const Filters = ({ children }: { children: React.ReactNode }) => (
  <div className={css.filters} role="search">
    {children}
  </div>
);
