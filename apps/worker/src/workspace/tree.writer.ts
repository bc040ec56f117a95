import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { GatehouseError } from '@gatehouse/contracts';
import { foldersAbove, pathBytes, pathText, refusedName, type PathKey } from './tree.name.js';

const slash = Buffer.from('/');
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

const refuse = (path: PathKey, why: string, cause?: unknown): never => {
  throw new GatehouseError(
    'git.refused',
    `The path "${pathText(path)}" ${why}, so the tree cannot be laid out.`,
    { cause },
  );
};

/**
 * Writes the entries of one tree into a folder that was empty and is ours alone. Every folder and file is made
 * new by its own call, so that nothing that is already there, a link least of all, is ever followed or reused:
 * a tree that names a path twice, or a path below a file, is refused.
 */
export class TreeWriter {
  private readonly folders = new Set<PathKey>();
  private readonly root: Buffer;

  constructor(root: string) {
    this.root = Buffer.from(root);
  }

  /** @throws GatehouseError `git.refused` where a file system cannot hold the entry, or must not */
  write(path: PathKey, mode: string, content: Buffer): void {
    this.place(path, (at) => {
      if (mode === '120000') symlinkSync(content, at);
      else if (/^100[0-7]{3}$/.test(mode)) writeNew(at, content, (Number.parseInt(mode, 8) & 0o100) !== 0);
      else refuse(path, `has the mode ${mode}, which no tree of ours has`);
    });
  }

  /** A submodule link: an empty folder, as git leaves it. */
  writeGitlink(path: PathKey): void {
    this.place(path, (at) => mkdirSync(at, 0o755));
  }

  private place(path: PathKey, make: (at: Buffer) => void): void {
    const reason = refusedName(path);
    if (reason !== null) refuse(path, reason);
    try {
      for (const folder of foldersAbove(path)) {
        if (this.folders.has(folder)) continue;
        mkdirSync(this.at(folder), 0o755);
        chmodSync(this.at(folder), 0o755);
        this.folders.add(folder);
      }
      make(this.at(path));
    } catch (error) {
      if (error instanceof GatehouseError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC' || code === 'EDQUOT')
        throw new GatehouseError(
          'storage.full',
          'There is no space left for the workspace; make room and try again.',
          { cause: error },
        );
      refuse(
        path,
        code === 'EEXIST' ? 'clashes with another one' : `cannot be made (${code ?? String(error)})`,
        error,
      );
    }
  }

  private at(path: PathKey): Buffer {
    return Buffer.concat([this.root, slash, pathBytes(path)]);
  }
}

/** Makes a file that was not there before. The umask has no say; where it takes nothing away, a call is saved. */
export const writeNew = (at: Buffer, content: Buffer, executable: boolean): void => {
  const mode = executable ? 0o755 : 0o644;
  const fd = openSync(at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    for (let done = 0; done < content.length;) done += writeSync(fd, content, done);
    if ((process.umask() & mode) !== 0) fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
};
