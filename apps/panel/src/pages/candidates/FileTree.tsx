import type { FileChange } from '@gatehouse/contracts';
import { reveal } from '../../elements/reveal.js';
import { Churn } from './FileCard.js';
import type { Folder } from './file.tree.js';
import type { Found } from './found.js';
import { FoundCount } from './FoundCount.js';
import css from './DiffSection.module.css';

const marks: Readonly<Record<FileChange['status'], readonly [letter: string, tone: string]>> = {
  added: ['A', 'good'],
  modified: ['M', 'wait'],
  deleted: ['D', 'bad'],
  type_changed: ['T', 'live'],
};

interface Props {
  readonly tree: Folder<FileChange>;
  readonly found: ReadonlyMap<string, readonly Found[]>;
  readonly onOpen: (path: string) => void;
}

export const FileTree = ({ tree, found, onOpen }: Props) => (
  <ul className={css.tree}>
    {tree.folders.map((folder) => (
      <li key={folder.name}>
        <span className={css.folder}>{reveal(folder.name)}</span>
        <FileTree tree={folder} found={found} onOpen={onOpen} />
      </li>
    ))}
    {tree.files.map(({ name, file }) => {
      const [letter, tone] = marks[file.status];
      return (
        <li key={name}>
          <button type="button" className={css.leaf} onClick={() => onOpen(file.path)} title={file.path}>
            <span className="cut">{reveal(name)}</span>
            <span className={css.counts}>
              <FoundCount found={found.get(file.path) ?? []} />
              <Churn change={file} />
              <span className={`${css.mark} tone-${tone}`} title={file.status.replace('_', ' ')}>
                {letter}
              </span>
            </span>
          </button>
        </li>
      );
    })}
  </ul>
);
