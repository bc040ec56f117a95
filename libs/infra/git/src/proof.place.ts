import { GatehouseError } from '@gatehouse/contracts';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { layOutBare } from './bare.repository.js';
import { unaided } from './git.environment.js';
import { describeStderr, type GitRunner } from './git.runner.js';
import { isLogRef, isObjectId, isProofRef, logRefs, proofRefs } from './ref.name.js';
import { locateSource } from './source.locator.js';

/** A ref of proofs or of a log, and where it points. */
export interface ProofHead {
  readonly ref: string;
  readonly oid: string;
}

/** Somewhere with commits and proofs of them: a clone, or a bundle over one. */
export interface ProofPlace {
  readonly gitDir: string;
  readonly heads: readonly ProofHead[];
  /** Of the promotion logs. */
  readonly logs: readonly ProofHead[];
  /** Whether there is a ref of this name that names no object: git passes over it as if it were not there. */
  isBroken(ref: string): Promise<boolean>;
  /** The commit that a name or an abbreviated id means here. */
  resolve(name: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export type OpenAnswer =
  { readonly ok: true; readonly place: ProofPlace } | { readonly ok: false; readonly reason: string };

const placeOf = (
  git: GitRunner,
  gitDir: string,
  heads: readonly ProofHead[],
  close: () => Promise<void>,
): ProofPlace => ({
  gitDir,
  heads: heads.filter(({ ref, oid }) => isProofRef(ref) && isObjectId(oid)),
  logs: heads.filter(({ ref, oid }) => isLogRef(ref) && isObjectId(oid)),
  resolve: async (name) => {
    const { stdout } = await git.run(
      ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
      { gitDir, config: unaided, accept: [0, 1, 128] },
    );
    const id = stdout.toString('latin1').trim();
    return isObjectId(id) ? id : undefined;
  },
  isBroken: async (ref) => {
    const { stderr } = await git.run(['rev-parse', '--verify', '--quiet', '--end-of-options', ref], {
      gitDir,
      accept: [0, 1, 128],
    });
    return ['broken ref', 'dangling symref'].some((what) =>
      stderr.split('\n').includes(`warning: ignoring ${what} ${ref}`),
    );
  },
  close,
});

const headsOf = (text: string): ProofHead[] =>
  text
    .split('\n')
    .map((line) => ({ oid: line.slice(0, 40), ref: line.slice(41) }))
    .filter(({ ref }) => ref !== '');

/**
 * Opens a clone to read proofs from it, and the bundle where one is given: what is in the bundle lies in a throwaway
 * repository that sees the clone's objects, and the clone is never written to.
 */
export const openProofs = async (
  git: GitRunner,
  { clone, bundle }: { readonly clone?: string | undefined; readonly bundle?: string | undefined },
): Promise<OpenAnswer> => {
  const nothing = async (): Promise<void> => undefined;
  let gitDir: string | undefined;
  if (clone !== undefined) {
    const answer = await locateSource({ kind: 'path', path: resolve(clone) }, { roots: ['/'] });
    if (!answer.ok) return answer;
    gitDir = answer.located.address;
  }
  if (bundle === undefined) {
    if (gitDir === undefined) return { ok: false, reason: 'Neither a clone nor a bundle is given.' };
    const { stdout } = await git.run(
      ['for-each-ref', '--format=%(objectname) %(refname)', proofRefs, logRefs],
      { gitDir },
    );
    return { ok: true, place: placeOf(git, gitDir, headsOf(stdout.toString('utf8')), nothing) };
  }
  const scratch = await mkdtemp(join(tmpdir(), 'gatehouse-bundle-'));
  const close = (): Promise<void> => rm(scratch, { recursive: true, force: true });
  try {
    const opened = await unbundle(git, join(scratch, 'bundle.git'), resolve(bundle), gitDir);
    if ('reason' in opened) {
      await close();
      return { ok: false, reason: opened.reason };
    }
    return { ok: true, place: placeOf(git, opened.gitDir, opened.heads, close) };
  } catch (error) {
    await close();
    throw error;
  }
};

const unbundle = async (
  git: GitRunner,
  into: string,
  bundle: string,
  clone: string | undefined,
): Promise<{ gitDir: string; heads: ProofHead[] } | { reason: string }> => {
  await mkdir(into, { mode: 0o700 });
  const objects = clone === undefined ? undefined : await commonOf(git, clone);
  await layOutBare(into, objects);
  const { code, stdout, stderr } = await git.run(['bundle', 'unbundle', bundle], {
    gitDir: into,
    accept: [0, 1, 128],
    timeoutMs: 600_000,
  });
  return code === 0
    ? { gitDir: into, heads: headsOf(stdout.toString('utf8')) }
    : {
        reason: `The bundle cannot be read${clone === undefined ? '; where it builds on commits, give the clone that has them with --repository' : ''}. Git said: ${describeStderr(stderr)}`,
      };
};

/** A linked worktree keeps its objects in the repository it was made from. */
const commonOf = async (git: GitRunner, gitDir: string): Promise<string> => {
  const { stdout } = await git.run(['rev-parse', '--path-format=absolute', '--git-common-dir'], { gitDir });
  const path = stdout.toString('utf8').trim();
  if (path === '') throw new GatehouseError('git.failed', `The repository at ${gitDir} cannot be read.`);
  return path;
};
