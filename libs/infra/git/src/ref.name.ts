import { createHash } from 'node:crypto';

/** True for a full, lower-case SHA-1 object id. */
export const isObjectId = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

/**
 * True where git takes `name` for a branch or tag name (git-check-ref-format), and nothing in it could be read as
 * an option, a revision operator or a terminal escape.
 */
export const isRefName = (name: string): boolean =>
  name.length > 0 &&
  Buffer.byteLength(name) <= 255 &&
  // eslint-disable-next-line no-control-regex
  !/[\u0000-\u0020\u007f-\u009f~^:?*[\\]/.test(name) &&
  !name.includes('..') &&
  !name.includes('@{') &&
  !name.includes('//') &&
  name !== '@' &&
  name !== 'HEAD' &&
  !name.startsWith('-') &&
  !name.startsWith('/') &&
  !name.endsWith('/') &&
  !name.endsWith('.') &&
  name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));

/** The only branches Gatehouse writes: `refs/heads/gatehouse/<ascii name>`. */
export const isOurRef = (ref: string): boolean =>
  /^refs\/heads\/gatehouse\/[A-Za-z0-9][A-Za-z0-9._/-]{0,150}$/.test(ref) &&
  isRefName(ref.slice('refs/heads/'.length));

export const proofRefs = 'refs/gatehouse/proof/';

/** The proofs of one candidate. */
export const isProofRef = (ref: string): boolean => /^refs\/gatehouse\/proof\/cnd_[0-9a-f]{64}$/.test(ref);

export const logRefs = 'refs/gatehouse/log/';

/** The promotion log of one lane; below these three Gatehouse writes, and nowhere else. */
export const isLogRef = (ref: string): boolean =>
  /^refs\/gatehouse\/log\/[a-z0-9-]{1,40}-[0-9a-f]{64}$/.test(ref);

/**
 * The ref of a lane's log: a word for people, then the digest of the whole stream id. Branches that differ only in
 * case, that are folders of one another or that are longer than a name of a file stay apart, and so do two planes.
 *
 * @param lane stream id, `lane:<repository>:<target, escaped>`
 */
export const logRefOf = (lane: string): string => {
  const word = lane
    .slice(lane.lastIndexOf(':') + 1)
    .toLowerCase()
    .replace(/%[0-9a-f]{2}|[^a-z0-9]+/g, '-')
    .replace(/-+/g, '-')
    .slice(0, 40)
    .replace(/^-|-$/g, '');
  return `${logRefs}${word || 'lane'}-${createHash('sha256').update(lane).digest('hex')}`;
};

/** What git is asked to find the commit of a branch, tag, or (abbreviated, at least 7 digits) commit id, in this order. */
export const commitNames = (ref: string): string[] => {
  const name = ref.replace(/^refs\/(heads|tags)\//, '');
  if (!isRefName(name)) return [];
  const names: string[] = [];
  // A branch could be given the name of a commit; a full id always means the object.
  if (!isObjectId(ref)) {
    if (!ref.startsWith('refs/tags/')) names.push(`refs/heads/${name}^{commit}`);
    if (!ref.startsWith('refs/heads/')) names.push(`refs/tags/${name}^{commit}`);
  }
  if (/^[0-9a-f]{7,40}$/.test(ref)) names.push(`${ref}^{commit}`);
  return names;
};
