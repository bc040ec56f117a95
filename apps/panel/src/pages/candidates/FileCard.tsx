import { ActionIcon } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import type { FileChange } from '@gatehouse/contracts';
import { CopyButton } from '../../elements/Copy.js';
import { LoadingRows } from '../../elements/Notice.js';
import { count } from '../../elements/moment.format.js';
import { countHidden, reveal } from '../../elements/reveal.js';
import { Shown } from '../../elements/Shown.js';
import { FindingView } from './FindingView.js';
import { churn, hasLines, wordsOf } from './file.words.js';
import { filePlace, type Found } from './found.js';
import { FoundCount } from './FoundCount.js';
import css from './DiffSection.module.css';

const FileDiff = lazy(async () => ({ default: (await import('./FileDiff.js')).FileDiff }));

/** True once the element came near the screen: a diff is built only when somebody is about to see it. */
const useNear = () => {
  const ref = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(
      (seen) => seen.some((entry) => entry.isIntersecting) && setNear(true),
      { rootMargin: '800px' },
    );
    if (ref.current) watch.observe(ref.current);
    return () => watch.disconnect();
  }, []);
  return { ref, near };
};

export const Churn = ({ change }: { change: FileChange }) => {
  const { added, removed } = churn(change.hunks);
  return added + removed === 0 ? null : (
    <span className={css.churn}>
      <ins>+{added}</ins> <del>−{removed}</del>
    </span>
  );
};

interface FileCardProps {
  readonly change: FileChange;
  readonly split: boolean;
  readonly open: boolean;
  readonly onToggle: () => void;
  readonly found: readonly Found[];
}

const Inside = ({ change, split, found }: Pick<FileCardProps, 'change' | 'split' | 'found'>) => {
  // Where there are no lines to stand at, all of them stand at the file.
  const drawn = hasLines(change);
  const placed = drawn ? found.filter(({ finding }) => finding.startLine !== undefined) : [];
  const unplaced = found.filter((one) => !placed.includes(one));
  const { ref, near } = useNear();
  const words = wordsOf(change);
  const invisible = countHidden(change.hunks ?? '') + countHidden(change.path);
  return (
    <div ref={ref}>
      {invisible > 0 && (
        <p className={`${css.words} ${css.alarm}`}>
          {count(invisible, 'character')} that cannot be seen {invisible === 1 ? 'is' : 'are'} written out
          like <Shown text="⟨U+202E⟩" /> here. Such characters can make code look like other code.
        </p>
      )}
      {change.masked !== null && change.masked > 0 && (
        <p className={`${css.words} ${css.alarm}`}>
          {count(change.masked, 'line')} {change.masked === 1 ? 'holds' : 'hold'} what looks like a
          credential. It is not shown here; the patch has it.
        </p>
      )}
      {unplaced.length > 0 && (
        <ul className={css.placed}>
          {unplaced.map((one) => (
            <FindingView key={one.id} found={one} />
          ))}
        </ul>
      )}
      {words.length > 0 && (
        <p className={css.words}>
          <Shown text={words.map(reveal).join(' ')} />
        </p>
      )}
      {drawn && (
        <div className={css.diff}>
          {near ? (
            <Suspense fallback={<LoadingRows rows={3} height={14} />}>
              <FileDiff change={change} split={split} found={placed} />
            </Suspense>
          ) : (
            <div className={css.later} />
          )}
        </div>
      )}
      {!drawn && words.length === 0 && unplaced.length === 0 && (
        <p className={css.words}>There are no lines to show for this change.</p>
      )}
    </div>
  );
};

export const FileCard = ({ change, split, open, onToggle, found }: FileCardProps) => (
  <div className={css.file} id={filePlace(change.path)} data-open={open}>
    <div className={css.name}>
      <ActionIcon
        size={20}
        aria-label={`${open ? 'Close' : 'Open'} ${change.path}`}
        aria-expanded={open}
        data-row
        onClick={onToggle}
      >
        {open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
      </ActionIcon>
      <code className={css.path}>
        <Shown text={change.path} />
      </code>
      <CopyButton value={change.path} what="path" />
      <span className={css.status}>{change.status.replace('_', ' ')}</span>
      <FoundCount found={found} />
      <Churn change={change} />
    </div>
    {open && <Inside change={change} split={split} found={found} />}
  </div>
);
