import { Badge } from './Badge.js';
import type { Look } from './tone.js';
import { Term } from './Term.js';
import type { Word } from './words.js';
import css from './Section.module.css';

export const Page = ({
  title,
  status,
  lead,
  trail,
  actions,
  wide = false,
  children,
}: {
  title: React.ReactNode;
  status?: Look;
  lead?: React.ReactNode;
  trail?: React.ReactNode;
  actions?: React.ReactNode;
  wide?: boolean;
  children: React.ReactNode;
}) => (
  <div className={`${css.page} ${wide ? css.wide : ''}`}>
    {trail && (
      <nav className={css.trail} aria-label="Breadcrumb">
        {trail}
      </nav>
    )}
    <header className={css.head}>
      <div className={css.headline}>
        <h1>
          {title}
          {status && (
            <span className={css.status}>
              <Badge look={status} />
            </span>
          )}
        </h1>
        {lead && <div className={css.lead}>{lead}</div>}
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
    </header>
    {children}
  </div>
);

export const Section = ({
  title,
  aside,
  flush = false,
  children,
}: {
  title?: React.ReactNode;
  aside?: React.ReactNode;
  flush?: boolean;
  children: React.ReactNode;
}) => (
  <section className={css.section}>
    {title !== undefined && (
      <div className={css.bar}>
        <h2>{title}</h2>
        {aside && <div className={css.aside}>{aside}</div>}
      </div>
    )}
    <div className={flush ? undefined : css.body}>{children}</div>
  </section>
);

/** Names and values, aligned. */
export const Facts = ({
  rows,
}: {
  rows: readonly (readonly [name: string, value: React.ReactNode, word?: Word] | null)[];
}) => (
  <dl className={css.facts}>
    {rows
      .filter((row) => row !== null)
      .map(([name, value, word]) => (
        <div key={name}>
          <dt>{word === undefined ? name : <Term word={word}>{name}</Term>}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);
