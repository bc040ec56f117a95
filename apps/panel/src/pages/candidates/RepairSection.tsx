import type { Repair } from '@gatehouse/contracts';
import { reveal } from '../../elements/reveal.js';
import { Section } from '../../elements/Section.js';
import css from './RepairSection.module.css';

/** What to leave out of a refused change, path by path. */
export const RepairSection = ({ repair }: { repair: Repair }) => (
  <Section title="Smallest repair">
    <p className={css.sentence}>{reveal(repair.sentence)}</p>
    {repair.drop.length > 0 && (
      <ul className={css.paths} aria-label="Files to leave out">
        {repair.drop.map((path) => (
          <li key={path}>
            <code>{reveal(path)}</code>
          </li>
        ))}
      </ul>
    )}
    {repair.approvals.length > 0 && (
      <p className="soft">
        A person has to accept:{' '}
        {repair.approvals
          .map(({ gate, path }) => (path === undefined ? gate : `${reveal(path)} (${gate})`))
          .join(', ')}
      </p>
    )}
  </Section>
);
