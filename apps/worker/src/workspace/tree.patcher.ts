import {
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  rmdirSync,
  chmodSync,
  lchownSync,
} from 'node:fs';
import { foldersAbove, pathBytes, type PathKey } from './tree.name.js';
import { writeNew } from './tree.writer.js';

/** What one path is to become; null deletes it. A submodule link has no content. */
export interface TreeStep {
  readonly path: PathKey;
  readonly entry: { readonly mode: string; readonly content: Buffer } | null;
}

const slash = Buffer.from('/');
const kindAt = (at: Buffer): 'none' | 'folder' | 'other' => {
  const stat = lstatSync(at, { throwIfNoEntry: false });
  return stat === undefined ? 'none' : stat.isDirectory() ? 'folder' : 'other';
};

/**
 * Brings a dead workspace from one tree to another by writing what differs. Commands ran in it before, so every
 * part of every path is looked at and none is followed: a link where a folder should be is removed, not entered.
 */
export class TreePatcher {
  private readonly root: Buffer;
  private readonly owner: { uid: number; gid: number };
  private readonly sound = new Set<PathKey>();

  constructor(root: string) {
    this.root = Buffer.from(root);
    const { uid, gid } = lstatSync(root);
    this.owner = { uid, gid };
  }

  apply(steps: readonly TreeStep[]): void {
    // Deletions first: a file may have to make room for a folder of its name, and the other way round.
    for (const { path, entry } of steps) if (entry === null) this.remove(path);
    for (const { path, entry } of steps) if (entry !== null) this.write(path, entry.mode, entry.content);
  }

  private remove(path: PathKey): void {
    const folders = foldersAbove(path);
    if (folders.some((folder) => kindAt(this.at(folder)) !== 'folder')) return;
    this.clear(path);
    for (const folder of folders.reverse()) {
      if (readdirSync(this.at(folder), { encoding: 'buffer' }).length > 0) return;
      rmdirSync(this.at(folder));
    }
  }

  private write(path: PathKey, mode: string, content: Buffer): void {
    for (const folder of foldersAbove(path)) {
      if (this.sound.has(folder)) continue;
      const at = this.at(folder);
      if (kindAt(at) !== 'folder') {
        if (kindAt(at) === 'other') unlinkSync(at);
        mkdirSync(at, 0o755);
        chmodSync(at, 0o755);
        this.own(at);
      }
      this.sound.add(folder);
    }
    const at = this.at(path);
    if (mode === '160000') {
      if (kindAt(at) === 'folder') return;
      this.clear(path);
      mkdirSync(at, 0o755);
    } else {
      this.clear(path);
      if (mode === '120000') symlinkSync(content, at);
      else writeNew(at, content, (Number.parseInt(mode, 8) & 0o100) !== 0);
    }
    this.own(at);
  }

  private clear(path: PathKey): void {
    const at = this.at(path);
    const kind = kindAt(at);
    if (kind === 'other') unlinkSync(at);
    else if (kind === 'folder') rmSync(at, { recursive: true });
  }

  /** The sandbox's user owns what was there; what is new must be its as well. */
  private own(at: Buffer): void {
    if (process.getuid?.() === 0) lchownSync(at, this.owner.uid, this.owner.gid);
  }

  private at(path: PathKey): Buffer {
    return Buffer.concat([this.root, slash, pathBytes(path)]);
  }
}
