import { Tooltip } from '@mantine/core';
import { Link } from 'react-router';
import { paths } from '../paths.js';
import { words, type Word } from './words.js';
import css from './Term.module.css';

/** A word of Gatehouse: says on hover and focus what it means, and leads to all of them. */
export const Term = ({ word, children }: { word: Word; children: React.ReactNode }) => (
  <Tooltip label={words[word]} multiline w={260} events={{ hover: true, focus: true, touch: true }}>
    <Link to={paths.word(word)} className={css.term}>
      {children}
    </Link>
  </Tooltip>
);
