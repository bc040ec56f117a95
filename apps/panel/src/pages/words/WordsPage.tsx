import { useEffect } from 'react';
import { useLocation } from 'react-router';
import { words } from '../../elements/words.js';
import { Page, Section } from '../../elements/Section.js';
import { useTitle } from '../../shell/Shell.js';
import css from './WordsPage.module.css';

export const WordsPage = () => {
  useTitle('Words');
  const { hash } = useLocation();
  const wanted = hash.slice(1);
  useEffect(() => document.getElementById(wanted)?.scrollIntoView({ block: 'center' }), [wanted]);
  return (
    <Page title="Words" lead="What the words of this panel mean. All of them stand in docs/glossary.md.">
      <Section flush>
        <dl className={css.words}>
          {Object.entries(words).map(([word, means]) => (
            <div key={word} id={word} data-wanted={word === wanted}>
              <dt>{word}</dt>
              <dd>{means}</dd>
            </div>
          ))}
        </dl>
      </Section>
    </Page>
  );
};
