import { digestOf } from './digest.js';
import { adjectives, animals } from './words.js';

export interface CandidateContent {
  /** Commit that the patch was made on. */
  readonly base: string;
  /** Tree that it leads to. */
  readonly tree: string;
  readonly patchSha256: string;
  readonly jobSpecDigest: string;
}

/** `cnd_` and the digest of the four: equal content has one id, wherever it was made. */
export const candidateId = ({ base, tree, patchSha256, jobSpecDigest }: CandidateContent): string =>
  `cnd_${digestOf({ base, tree, patch_sha256: patchSha256, job_spec_digest: jobSpecDigest })}`;

/**
 * A name for people, e.g. `brave-otter-3f2a`, made of a digest; prefixes such as `cnd_` or `sha256:` are ignored.
 * 2^28 names: good for talking about a candidate, never for finding one.
 */
export const aliasOf = (digest: string): string => {
  const hex = /[0-9a-f]{64}$/.exec(digest)?.[0] ?? digestOf(digest);
  const pick = (words: readonly string[], at: number) =>
    words[parseInt(hex.slice(at, at + 8), 16) % words.length];
  return `${pick(adjectives, 0)}-${pick(animals, 8)}-${hex.slice(16, 20)}`;
};
