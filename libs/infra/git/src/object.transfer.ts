import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GatehouseError } from '@gatehouse/contracts';
import { layOutBare } from './bare.repository.js';
import type { GitRunner } from './git.runner.js';
import { isObjectId } from './ref.name.js';

export interface TreePack {
  /** The pack; destroy it to stop. */
  readonly stdout: Readable;
  /** Rejects where the pack is not whole; only then is what was read worth nothing. */
  readonly done: Promise<void>;
}

/** A self-contained pack of one commit, its trees and its blobs, without any history. */
export const packTree = (git: GitRunner, gitDir: string, commit: string): TreePack => {
  if (!isObjectId(commit))
    throw new GatehouseError(
      'git.refused',
      `${JSON.stringify(commit.slice(0, 60))} is not a full commit id.`,
    );
  const limits = { timeoutMs: 600_000, maxOutputBytes: 64 * 2 ** 30 };
  const list = git.stream(['rev-list', '--objects', '--no-walk', commit], { gitDir, ...limits });
  const input = async function* () {
    yield* list.stdout as AsyncIterable<Buffer>;
    await list.done;
  };
  // Existing deltas are reused, none are searched for: the pack travels once and time matters more than bytes.
  const pack = git.stream(
    ['pack-objects', '--stdout', '-q', '--delta-base-offset', '--window=0', '--threads=1'],
    { gitDir, input: input(), ...limits },
  );
  pack.stdout.once('close', () => list.kill());
  return { stdout: pack.stdout, done: pack.done };
};

/**
 * Makes a bare repository of a pack made by `packTree`. Every object's hash is checked; the commit's parents are
 * declared absent, so that git does not look for them.
 * @throws GatehouseError `git.failed` where the pack is damaged or does not hold the commit
 */
export const unpackInto = async (
  git: GitRunner,
  bareDir: string,
  commit: string,
  pack: AsyncIterable<Uint8Array>,
  limits: { readonly maxBytes?: number } = {},
): Promise<void> => {
  if (!isObjectId(commit))
    throw new GatehouseError(
      'git.refused',
      `${JSON.stringify(commit.slice(0, 60))} is not a full commit id.`,
    );
  await mkdir(bareDir, { recursive: true, mode: 0o700 });
  await layOutBare(bareDir);
  await writeFile(join(bareDir, 'shallow'), `${commit}\n`);
  const size = limits.maxBytes === undefined ? [] : [`--max-input-size=${limits.maxBytes}`];
  await git.run(['index-pack', '--stdin', '--threads=1', ...size], {
    gitDir: bareDir,
    input: pack,
    timeoutMs: 600_000,
  });
  const { stdout } = await git.run(['cat-file', '-t', commit], { gitDir: bareDir, accept: [0, 128] });
  if (stdout.toString().trim() !== 'commit')
    throw new GatehouseError('git.failed', `The pack does not hold the commit ${commit}.`);
};
