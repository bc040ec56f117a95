import { TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { FileChange } from '@gatehouse/contracts';
import { count } from '../../elements/moment.format.js';
import { Section } from '../../elements/Section.js';
import { FileTree } from './FileTree.js';
import { treeOf } from './file.tree.js';
import type { Found } from './found.js';
import css from './DiffSection.module.css';

interface Props {
  readonly files: readonly FileChange[];
  readonly found: ReadonlyMap<string, readonly Found[]>;
  readonly onOpen: (path: string) => void;
}

/** Every file with what changes and what was found in it, to go there; of one there is nothing to choose. Folded on a small screen. */
export const FileList = ({ files, found, onOpen }: Props) => {
  const [filter, setFilter] = useState('');
  const narrow = useMediaQuery('(max-width: 899px)', false, { getInitialValueInEffect: false });
  const wanted = filter.trim().toLowerCase();
  const matching = files.filter((file) => file.path.toLowerCase().includes(wanted));
  const list = (
    <>
      {files.length > 5 && (
        <TextInput
          aria-label="Filter files"
          placeholder="Filter files"
          leftSection={<IconSearch size={14} />}
          data-filter
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      {matching.length === 0 && <p className="soft">No file matches the filter.</p>}
      <div className={css.list}>
        <FileTree tree={treeOf(matching)} found={found} onOpen={onOpen} />
      </div>
    </>
  );
  if (files.length < 2) return null;
  return narrow ? (
    <details className={css.fold}>
      <summary>Go to one of {count(files.length, 'file')}</summary>
      {list}
    </details>
  ) : (
    <Section title="Files" aside={count(files.length, 'file')}>
      {list}
    </Section>
  );
};
