import { fileURLToPath } from 'node:url';

/** Where a repository comes from: a directory on this machine, or a web address. */
export type RepositorySource =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'https' | 'http'; readonly url: string };

export interface SourcePolicy {
  /** Absolute directories; local repositories are accepted below them only. */
  readonly roots: readonly string[];
  /** Accept `http://` to 127.0.0.1, ::1 and localhost; for tests and local forges. */
  readonly allowLoopbackHttp?: boolean;
  /** Socket of the broker that looks at local repositories for us; without it this process looks itself. */
  readonly broker?: string;
}

export type SourceAnswer =
  { readonly ok: true; readonly source: RepositorySource } | { readonly ok: false; readonly reason: string };

const maxLength = 2048;
const no = (reason: string): SourceAnswer => ({ ok: false, reason });
const take = 'Give an https:// address or the absolute path of a local repository.';
// Control characters, line and paragraph separators, and what reorders or hides text.
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** True where `path` is `root` or lies below it; both absolute and without dot segments. */
export const isUnder = (path: string, root: string): boolean => {
  const base = root.endsWith('/') ? root : `${root}/`;
  return path === root || path.startsWith(base);
};

/**
 * Reads what a user gave as a repository address. Pure: it decides by the words alone, `locateSource` then looks
 * at the disk (symlinks, owner, kind of repository).
 */
export const parseSource = (input: string, policy: SourcePolicy): SourceAnswer => {
  if (input.trim() === '') return no(`The repository address is empty. ${take}`);
  if (Buffer.byteLength(input) > maxLength) {
    return no(`The repository address is longer than ${maxLength} bytes. ${take}`);
  }
  if (unprintable.test(input))
    return no(`The repository address holds control or invisible characters. ${take}`);
  if (input !== input.trim()) return no('The repository address begins or ends with a blank. Remove it.');
  if (input.startsWith('-')) return no(`"${input}" looks like an option, not an address. ${take}`);
  if (input.includes('\\')) return no(`The repository address holds a backslash. ${take}`);
  if (/^[a-z0-9+.-]*::/i.test(input)) {
    return no(
      `Remote helpers ("${input.slice(0, input.indexOf('::') + 2)}…") can run commands and are refused. ${take}`,
    );
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(input)?.[1]?.toLowerCase();
  if (input.startsWith('/')) return parsePath(input, policy);
  switch (scheme) {
    case 'https':
    case 'http':
      return parseWeb(input, policy);
    case 'file':
      return parseFile(input, policy);
    case 'git':
      return no('git:// is neither encrypted nor authenticated and is refused. Use the https:// address.');
    case 'ssh':
    case 'git+ssh':
    case 'ssh+git':
      return no('ssh is not supported yet. Use the https:// address or a local path.');
  }
  if (/^[^/]+@[^/]+:/.test(input))
    return no('ssh addresses (user@host:path) are not supported yet. Use the https:// address.');
  if (scheme !== undefined) return no(`The scheme "${scheme}:" is not supported. ${take}`);
  return no(`"${input.slice(0, 80)}" is a relative path. ${take}`);
};

const parseWeb = (input: string, policy: SourcePolicy): SourceAnswer => {
  if (!/^https?:\/\/[^/]/i.test(input))
    return no(`"${input.slice(0, 80)}" is not a complete web address. ${take}`);
  let url: URL;
  try {
    url = new URL(input);
  } catch {
    return no(`"${input.slice(0, 80)}" is not a valid web address. ${take}`);
  }
  // The URL itself never goes into these messages: it holds the secret they are about.
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/]*@/i.test(input)) {
    return no('The address holds a user name or password. Remove it; credentials are configured apart.');
  }
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(input)) {
    return no('The address has a query or fragment. Give the plain address of the repository.');
  }
  if (/%(00|0a|0d|2e|2f|5c)|\/\.{1,2}(\/|$)/i.test(input))
    return no('The address holds dot segments, or encoded dots, slashes or control characters.');
  if (url.pathname === '/' || url.pathname === '')
    return no('The address names a host but no repository on it.');
  if (url.protocol === 'http:') {
    const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
    if (!loopback) return no('http:// is not encrypted and is refused. Use the https:// address.');
    if (policy.allowLoopbackHttp !== true)
      return no('http:// to this machine is switched off. Use https:// or a local path.');
    return { ok: true, source: { kind: 'http', url: url.href } };
  }
  return { ok: true, source: { kind: 'https', url: url.href } };
};

const parseFile = (input: string, policy: SourcePolicy): SourceAnswer => {
  if (!/^file:\/\/(localhost)?\//i.test(input) || /[?#]/.test(input) || /%(00|0a|0d|2f|5c)/i.test(input)) {
    return no(`"${input.slice(0, 80)}" is not a plain file:/// address. Give the absolute path.`);
  }
  // The URL parser would resolve `..` silently; a path that needs resolving is refused like any other.
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(input.slice('file://'.length)))
    return no('The path holds "." or ".." segments. Give the plain absolute path.');
  try {
    const path = fileURLToPath(new URL(input.replace(/^file:\/\/localhost/i, 'file://')));
    if (unprintable.test(path))
      return no(`The repository address holds control or invisible characters. ${take}`);
    return parsePath(path, policy);
  } catch {
    return no(`"${input.slice(0, 80)}" is not a valid file:/// address. Give the absolute path.`);
  }
};

const parsePath = (input: string, policy: SourcePolicy): SourceAnswer => {
  if (input.startsWith('//')) return no('The path begins with two slashes. Give the plain absolute path.');
  const segments = input.split('/');
  if (segments.includes('.') || segments.includes('..'))
    return no('The path holds "." or ".." segments. Give the plain absolute path.');
  const path = `/${segments.filter((segment) => segment !== '').join('/')}`;
  if (policy.roots.length === 0) {
    return no(
      'Local repositories are switched off: no directory is configured for them. Set GATEHOUSE_REPOSITORY_ROOTS.',
    );
  }
  if (!policy.roots.some((root) => isUnder(path, root))) {
    return no(
      `"${path}" is not below a configured directory (${policy.roots.join(', ')}). Move the repository or widen GATEHOUSE_REPOSITORY_ROOTS.`,
    );
  }
  return { ok: true, source: { kind: 'path', path } };
};

/** The source as one string, as it is kept and shown; never holds a credential. */
export const formatSource = (source: RepositorySource): string =>
  source.kind === 'path' ? source.path : source.url;
