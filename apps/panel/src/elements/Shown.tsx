import { reveal } from './reveal.js';
import css from './Shown.module.css';

/** What stands in for characters and credentials: this is not in the text, it is about it. */
export const standIn = /⟨U\+[0-9A-F]{4,6}⟩|⟨credential, not shown⟩/gu;

/** Text of agents and strangers: what hides in it is written out, and marked as not being part of it. */
export const Shown = ({ text }: { text: string }) => {
  const shown = reveal(text);
  const marks = shown.match(standIn) ?? [];
  if (marks.length === 0) return shown;
  return shown.split(standIn).map((part, i) => (
    <span key={i}>
      {part}
      {marks[i] !== undefined && <mark className={css.mark}>{marks[i]}</mark>}
    </span>
  ));
};
