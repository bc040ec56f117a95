export interface Folder<T> {
  /** Path segments from the folder above, joined where a folder holds nothing but one folder. */
  readonly name: string;
  readonly folders: readonly Folder<T>[];
  readonly files: readonly { readonly name: string; readonly file: T }[];
}

interface Growing<T> {
  folders: Map<string, Growing<T>>;
  files: { name: string; file: T }[];
}

const grow = <T>(): Growing<T> => ({ folders: new Map(), files: [] });
/** As people count: `file-9` before `file-18`. */
const { compare } = new Intl.Collator('en', { numeric: true });
const byName = (a: { name: string }, b: { name: string }) => compare(a.name, b.name);

const settle = <T>(name: string, from: Growing<T>): Folder<T> => {
  const only = from.folders.size === 1 && from.files.length === 0 ? [...from.folders][0] : undefined;
  if (only !== undefined && name !== '') return settle(`${name}/${only[0]}`, only[1]);
  return {
    name,
    folders: [...from.folders].map(([child, inner]) => settle(child, inner)).sort(byName),
    files: from.files.toSorted(byName),
  };
};

/** Files by folder, folders first, chains of single folders joined. */
export const treeOf = <T extends { readonly path: string }>(files: readonly T[]): Folder<T> => {
  const root = grow<T>();
  for (const file of files) {
    const parts = file.path.split('/');
    let at = root;
    for (const part of parts.slice(0, -1)) {
      const next = at.folders.get(part) ?? grow<T>();
      at.folders.set(part, next);
      at = next;
    }
    at.files.push({ name: parts.at(-1) ?? file.path, file });
  }
  return settle('', root);
};

/** The files in the order in which their tree shows them. */
export const inOrder = <T>(folder: Folder<T>): T[] => [
  ...folder.folders.flatMap((child) => inOrder(child)),
  ...folder.files.map(({ file }) => file),
];
