import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { locateByBroker } from './broker.client.js';
import { isUnder, type RepositorySource, type SourcePolicy } from './source.policy.js';

/** A source that git can be pointed at now. */
export interface LocatedSource {
  /** What git is given: a web address, or the real path of the repository's git directory. */
  readonly address: string;
  readonly transport: 'file' | 'https' | 'http';
  /** Owner of a local repository. Git runs on it with this user's rights, never with ours. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Socket of the broker through which git reaches it, where this process has not the rights for that itself. */
  readonly broker?: string;
  /** Asked for anew by every command that reaches out; only its host gets it, and only through a pipe. */
  readonly credential?: () => Promise<{ readonly username: string; readonly password: string }>;
  /** Told where the host did not take it: it may have been revoked, and another one be had. */
  readonly credentialRefused?: () => void;
}

export type LocateAnswer =
  { readonly ok: true; readonly located: LocatedSource } | { readonly ok: false; readonly reason: string };

const no = (reason: string): LocateAnswer => ({ ok: false, reason });
const kindOf = async (path: string): Promise<'file' | 'directory' | 'other' | undefined> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? 'directory' : found.isFile() ? 'file' : 'other';
};

/** The first 64 KiB of a small file that somebody else wrote; a FIFO or device there must not hold us up. */
const readSmall = async (path: string): Promise<string | undefined> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const buffer = Buffer.alloc(64 << 10);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
};

/**
 * Looks where a parsed source really leads: resolves symlinks, keeps to the configured roots, finds the git
 * directory and its owner, and refuses shallow and partial clones, whose history we could not rely on.
 */
export const locateSource = async (source: RepositorySource, policy: SourcePolicy): Promise<LocateAnswer> => {
  if (source.kind !== 'path')
    return { ok: true, located: { address: source.url, transport: source.kind, owner: undefined } };
  if (policy.broker !== undefined) {
    const answer = await locateByBroker(policy.broker, source.path);
    return answer.ok ? { ok: true, located: { ...answer.located, broker: policy.broker } } : answer;
  }
  const roots: string[] = [];
  for (const root of policy.roots) {
    const real = await realpath(root).catch(() => undefined);
    if (real !== undefined) roots.push(real);
  }
  const inside = (path: string) => roots.some((root) => isUnder(path, root));
  const path = await realpath(source.path).catch(() => undefined);
  if (path === undefined)
    return no(`There is no directory at ${source.path}, or it cannot be read. Check the path.`);
  if (!inside(path))
    return no(
      `${source.path} leads to ${path}, which is outside the configured directories. Register the real path below one of them.`,
    );
  if ((await kindOf(path)) !== 'directory')
    return no(`${source.path} is not a directory. Give the directory of a repository.`);

  const gitDir = await findGitDir(path);
  if (gitDir === undefined)
    return no(`${source.path} is not a git repository. Run "git init" there or check the path.`);
  const objects = await realpath(join(await commonDir(gitDir), 'objects')).catch(() => undefined);
  if (objects === undefined || (await kindOf(objects)) !== 'directory')
    return no(`${source.path} has no object store; the repository is damaged.`);
  for (const part of [gitDir, objects]) {
    if (!inside(part))
      return no(
        `The repository at ${source.path} keeps its data in ${part}, which is outside the configured directories.`,
      );
  }
  if ((await kindOf(join(await commonDir(gitDir), 'shallow'))) !== undefined) {
    return no(
      `The repository at ${source.path} is a shallow clone, so its history is cut off. Run "git fetch --unshallow" there, then try again.`,
    );
  }
  const packs = await readdir(join(objects, 'pack')).catch(() => []);
  if (packs.some((name) => name.endsWith('.promisor'))) {
    return no(
      `The repository at ${source.path} is a partial clone, so objects are missing. Run "git fetch --refetch --no-filter" there, then try again.`,
    );
  }
  const borrowed = await outsideAlternate(objects, inside, 5);
  if (borrowed !== undefined)
    return no(
      `The repository at ${source.path} borrows objects from ${borrowed}, which is outside the configured directories. Run "git repack -a -d" there and remove objects/info/alternates.`,
    );

  const { uid, gid } = await stat(gitDir);
  const self = process.getuid?.() ?? 0;
  if (self !== 0 && uid !== self) {
    return no(
      `The repository at ${source.path} belongs to user ${uid} and Gatehouse runs as user ${self}, so git refuses it. Change its owner, or register its https:// address.`,
    );
  }
  return { ok: true, located: { address: gitDir, transport: 'file', owner: { uid, gid } } };
};

const looksLikeGitDir = async (path: string): Promise<boolean> =>
  (await kindOf(join(path, 'HEAD'))) === 'file' &&
  ((await kindOf(join(path, 'objects'))) === 'directory' ||
    (await kindOf(join(path, 'commondir'))) === 'file');

const findGitDir = async (path: string): Promise<string | undefined> => {
  const inner = join(path, '.git');
  const kind = await kindOf(inner);
  let gitDir = kind === 'directory' ? inner : path;
  if (kind === 'file') {
    const target = /^gitdir: (.+?)\n?$/s.exec((await readSmall(inner)) ?? '')?.[1];
    if (target === undefined) return undefined;
    gitDir = isAbsolute(target) ? target : resolve(path, target);
  }
  gitDir = (await realpath(gitDir).catch(() => undefined)) ?? '';
  return gitDir !== '' && (await looksLikeGitDir(gitDir)) ? gitDir : undefined;
};

/** A linked worktree keeps objects and refs in the repository it was made from. */
const commonDir = async (gitDir: string): Promise<string> => {
  const common = (await readSmall(join(gitDir, 'commondir')))?.trim();
  return common === undefined || common === '' ? gitDir : resolve(gitDir, common);
};

const outsideAlternate = async (
  objects: string,
  inside: (path: string) => boolean,
  depth: number,
): Promise<string | undefined> => {
  const lines = ((await readSmall(join(objects, 'info', 'alternates'))) ?? '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const path = await realpath(isAbsolute(line) ? line : resolve(objects, line)).catch(() => undefined);
    if (path === undefined) continue;
    if (!inside(path) || depth === 0) return path;
    const further = await outsideAlternate(path, inside, depth - 1);
    if (further !== undefined) return further;
  }
  return undefined;
};
