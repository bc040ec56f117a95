import { ActionIcon, Button, SegmentedControl, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight, IconDownload, IconSearch } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import type { Candidate, FileChange, Finding } from '@gatehouse/contracts';
import { CopyButton } from '../../elements/Copy.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { bytes, count } from '../../elements/moment.format.js';
import { countHidden, reveal } from '../../elements/reveal.js';
import { useAsk } from '../../query.js';
import { FileTree } from './FileTree.js';
import { FindingView } from './FindingView.js';
import { churn, hasLines, wordsOf } from './file.words.js';
import { inOrder, treeOf } from './file.tree.js';
import css from './DiffSection.module.css';

const FileDiff = lazy(async () => ({ default: (await import('./FileDiff.js')).FileDiff }));

/** Files beyond this many begin closed, so that a large change opens at once. */
const openUpTo = 40;

const anchor = (path: string) => `file-${encodeURIComponent(path)}`;

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

interface FileCardProps {
  readonly change: FileChange;
  readonly split: boolean;
  readonly begin: boolean;
  readonly findings: readonly Finding[];
}

const FileCard = ({ change, split, begin, findings }: FileCardProps) => {
  // Where there are no lines to stand at, all of them stand at the file.
  const drawn = hasLines(change);
  const placed = drawn ? findings.filter(({ startLine }) => startLine !== undefined) : [];
  const unplaced = findings.filter((finding) => !placed.includes(finding));
  const [open, setOpen] = useState(begin);
  const { ref, near } = useNear();
  const words = wordsOf(change);
  const invisible = countHidden(change.hunks ?? '') + countHidden(change.path);
  const { added, removed } = churn(change.hunks);
  return (
    <div className={css.file} id={anchor(change.path)} ref={ref}>
      <div className={css.name}>
        <ActionIcon
          size={20}
          aria-label={`${open ? 'Close' : 'Open'} ${change.path}`}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
        </ActionIcon>
        <code className={css.path}>{reveal(change.path)}</code>
        <CopyButton value={change.path} what="path" />
        <span className={css.status}>{change.status.replace('_', ' ')}</span>
        {added + removed > 0 && (
          <span className={css.churn}>
            <ins>+{added}</ins> <del>−{removed}</del>
          </span>
        )}
      </div>
      {open && invisible > 0 && (
        <p className={`${css.words} ${css.alarm}`}>
          {count(invisible, 'character')} that cannot be seen {invisible === 1 ? 'is' : 'are'} written out as
          ⟨U+…⟩ here. Such characters can make code look like other code.
        </p>
      )}
      {open && unplaced.length > 0 && (
        <ul className={css.placed}>
          {unplaced.map((finding, i) => (
            <FindingView key={i} finding={finding} placed />
          ))}
        </ul>
      )}
      {open && words.length > 0 && <p className={css.words}>{words.map(reveal).join(' ')}</p>}
      {open && drawn && (
        <div className={css.diff}>
          {near ? (
            <Suspense fallback={<LoadingRows rows={3} height={14} />}>
              <FileDiff change={change} split={split} findings={placed} />
            </Suspense>
          ) : (
            <div className={css.later} />
          )}
        </div>
      )}
      {open && !drawn && words.length === 0 && unplaced.length === 0 && (
        <p className={css.words}>There are no lines to show for this change.</p>
      )}
    </div>
  );
};

export const DiffSection = ({ candidate }: { candidate: Candidate }) => {
  const diff = useAsk('candidates.diff', { params: { id: candidate.id } });
  const [view, setView] = useLocalStorage<'split' | 'unified'>({
    key: 'gatehouse-diff',
    defaultValue: 'unified',
    getInitialValueInEffect: false,
  });
  const [filter, setFilter] = useState('');
  if (diff.error) return <ErrorNotice error={diff.error} retry={() => void diff.refetch()} />;
  if (diff.data === undefined) return <LoadingRows rows={8} />;

  const { files, truncated } = diff.data;
  const findings = (candidate.verdict?.gates ?? []).flatMap((gate) => gate.findings);
  const wanted = filter.trim().toLowerCase();
  const tree = treeOf(files.filter((file) => file.path.toLowerCase().includes(wanted)));
  const shown = inOrder(tree);
  const jump = (path: string) => document.getElementById(anchor(path))?.scrollIntoView({ block: 'start' });

  return (
    <section aria-label="Changes">
      <div className={css.bar}>
        <h2>
          Changes <span className="soft">{count(files.length, 'file')}</span>
        </h2>
        <div className={css.tools}>
          <SegmentedControl
            aria-label="How to show lines"
            value={view}
            onChange={(value) => setView(value as 'split' | 'unified')}
            data={[
              { value: 'unified', label: 'Unified' },
              { value: 'split', label: 'Split' },
            ]}
          />
          <Button
            component="a"
            variant="default"
            href={`/api/v1/artifacts/${candidate.patch}/content`}
            download={`${candidate.alias}.patch`}
            leftSection={<IconDownload size={14} />}
          >
            Patch, {bytes(candidate.patchBytes)}
          </Button>
        </div>
      </div>
      {files.length === 0 ? (
        <Empty title="Nothing is changed">
          <p>The tree of this candidate is the tree of its base.</p>
        </Empty>
      ) : (
        <div className={css.columns}>
          <aside className={css.side}>
            <TextInput
              aria-label="Filter files"
              placeholder="Filter files"
              leftSection={<IconSearch size={14} />}
              data-filter
              value={filter}
              onChange={(event) => setFilter(event.currentTarget.value)}
            />
            <FileTree tree={tree} onOpen={jump} />
          </aside>
          <div className={css.files}>
            {truncated && (
              <p className={css.words}>More files changed than are listed. The patch has all of them.</p>
            )}
            {shown.length === 0 && <p className={css.words}>No file matches the filter.</p>}
            {shown.map((change, i) => (
              <FileCard
                key={change.path}
                change={change}
                split={view === 'split'}
                begin={i < openUpTo}
                findings={findings.filter(({ path }) => path === change.path)}
              />
            ))}
          </div>
        </div>
      )}
    </section>
  );
};
