import { urlOf, type KnownHosts } from './known.hosts.js';

/** What a manifest or lockfile says of one dependency, in the same words for every package manager. */
export interface Dependency {
  /** As the package manager compares names. */
  readonly name: string;
  /** The resolved version of a lockfile; what a manifest asks for. */
  readonly version: string;
  /** From 1. */
  readonly line: number;
  readonly source: Source;
  /** Digests with their algorithm in front; empty where there is none. */
  readonly integrity: readonly string[];
  /** The package that is really installed under this name. */
  readonly alias?: string;
}

/** `local` is part of the repository itself, such as a workspace. */
export interface Source {
  readonly kind: 'registry' | 'git' | 'url' | 'path' | 'local';
  /** Null where the file names none. */
  readonly url: string | null;
}

/** A place of the file that is about no single dependency: an override, or a registry. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

export type Ecosystem = 'npm' | 'python' | 'cargo' | 'go' | 'ruby';

export interface Manifest {
  readonly dependencies: readonly Dependency[];
  /** What makes another package, version or content come in. */
  readonly overrides: readonly Setting[];
  /** URLs of registries. */
  readonly registries: readonly Setting[];
  /** Lockfiles only: what the manifest of a folder asks for, by name; '' is the folder of the lockfile. */
  readonly wants?: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Lockfiles only: `name@range` of everything asked for, where it does not tell by whom. */
  readonly answers?: ReadonlySet<string>;
  /** Every entry from a registry has a digest, so that one without is odd. */
  readonly pinned?: boolean;
}

export type ManifestRead =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly line: number; readonly why: string };

export const registry = (url: string | null = null): Source => ({ kind: 'registry', url });

export const unreadable = (why: string, line = 1): ManifestRead => ({ ok: false, line, why });

const gitLike = /^(?:git(?:\+[a-z]+)?:|git@|ssh:|github:|gitlab:|bitbucket:|gist:)/i;

/** A folder of the repository itself, told from the folder `from` of it; null where the path leads out. */
export const folderInside = (path: string, from = ''): string | null => {
  if (/^[/~]|^[a-z][\w+.-]*:|\\|\0|%/i.test(path)) return null;
  const parts: string[] = [];
  for (const part of [...from.split('/'), ...path.split('/')]) {
    if (part === '..' && parts.pop() === undefined) return null;
    if (part !== '..' && part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
};

/** What a specification or URL of npm and its kin points at. */
export const sourceOf = (spec: string): Source => {
  if (gitLike.test(spec)) return { kind: 'git', url: spec };
  if (/^https?:/i.test(spec)) return { kind: /\.git(?:#|$)/.test(spec) ? 'git' : 'url', url: spec };
  const own = /^(?:link\+)?workspace:(.*)$/.exec(spec)?.[1];
  // A range, or the folder of a workspace.
  if (own !== undefined && (!own.includes('/') || folderInside(own.replace(/^[^@/]*@/, '')) !== null))
    return { kind: 'local', url: null };
  if (own !== undefined) return { kind: 'path', url: spec };
  if (/^catalog:/.test(spec)) return { kind: 'local', url: null };
  if (/^(?:file|link|portal|patch|exec):|^(?:\.\.?|~)?\//.test(spec)) return { kind: 'path', url: spec };
  if (/^[\w.-]+\/[\w.-]+(?:#|$)/.test(spec)) return { kind: 'git', url: spec };
  return registry();
};

export type UrlFault = 'insecure' | 'credentials' | 'registry' | 'new_host' | 'unreadable';

/** Why a package must not come from this URL, or not unasked; null where it may. */
export const faultOfUrl = (text: string, known: KnownHosts): { code: UrlFault; host: string } | null => {
  const url = urlOf(text);
  if (url === null) return { code: 'unreadable', host: '' };
  const { host } = url;
  if (url.username !== '' || url.password !== '') return { code: 'credentials', host };
  if (url.protocol !== 'https:') return { code: 'insecure', host };
  return known.has(url) ? null : { code: known.closed ? 'registry' : 'new_host', host };
};

/** A tarball whose URL names another package or version than the lockfile says. */
export const isOtherPackage = (
  { name, alias, version }: Dependency,
  text: string,
  known: KnownHosts,
): boolean => {
  const url = urlOf(text);
  let path: string;
  try {
    path = decodeURIComponent(url?.pathname ?? '%');
  } catch {
    return true;
  }
  const at = path.lastIndexOf('/-/');
  if (at < 0) return url === null || known.keepsTarballs(url);
  const real = alias ?? name;
  return !path.slice(0, at).endsWith(`/${real}`) || !path.slice(at + 3).includes(version.split('+')[0]!);
};
