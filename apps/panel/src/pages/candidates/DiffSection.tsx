import { Button, SegmentedControl } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import type { Candidate, CandidateDiff } from '@gatehouse/contracts';
import { Empty } from '../../elements/Notice.js';
import { count } from '../../elements/moment.format.js';
import { listed } from './diff.view.js';
import { FileCard } from './FileCard.js';
import { inOrder, treeOf } from './file.tree.js';
import type { Found } from './found.js';
import { PatchDownload } from './PatchDownload.js';
import type { FileChoice } from './useFiles.js';
import css from './DiffSection.module.css';

interface Props {
  readonly candidate: Candidate;
  readonly diff: CandidateDiff;
  readonly found: ReadonlyMap<string, readonly Found[]>;
  readonly files: FileChoice;
}

export const DiffSection = ({ candidate, diff, found, files }: Props) => {
  const [view, setView] = useLocalStorage<'split' | 'unified'>({
    key: 'gatehouse-diff',
    defaultValue: 'unified',
    getInitialValueInEffect: false,
  });
  const all = inOrder(treeOf(diff.files));
  const shown = files.everything ? all : listed(all, found);
  const anyOpen = all.some(({ path }) => files.isOpen(path));
  return (
    <section aria-label="Changes">
      <div className={css.bar}>
        <h2>
          Changes <span className="soft">{count(all.length, 'file')}</span>
        </h2>
        <div className={css.tools}>
          {all.length > 1 && (
            <Button variant="default" onClick={() => files.openAll(!anyOpen)}>
              {anyOpen ? 'Close all' : 'Open all'}
            </Button>
          )}
          <SegmentedControl
            aria-label="How to show lines"
            value={view}
            onChange={(value) => setView(value as 'split' | 'unified')}
            data={[
              { value: 'unified', label: 'Unified' },
              { value: 'split', label: 'Split' },
            ]}
          />
          <PatchDownload candidate={candidate} diff={diff} />
        </div>
      </div>
      {all.length === 0 ? (
        <Empty title="Nothing is changed">
          <p>The files of this candidate are the files of its base.</p>
        </Empty>
      ) : (
        <div className={css.files}>
          {diff.truncated && (
            <p className={css.words}>More files changed than are listed. The patch has all of them.</p>
          )}
          {shown.map((change) => (
            <FileCard
              key={change.path}
              change={change}
              split={view === 'split'}
              open={files.isOpen(change.path)}
              onToggle={() => files.toggle(change.path)}
              found={found.get(change.path) ?? []}
            />
          ))}
          {shown.length < all.length && (
            <Button variant="default" className={css.others} onClick={files.showAll}>
              Show the other {count(all.length - shown.length, 'file')}
            </Button>
          )}
        </div>
      )}
    </section>
  );
};
