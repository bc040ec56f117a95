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

/** The only other refs Gatehouse writes: the proofs of one candidate. */
export const isProofRef = (ref: string): boolean => /^refs\/gatehouse\/proof\/cnd_[0-9a-f]{64}$/.test(ref);
