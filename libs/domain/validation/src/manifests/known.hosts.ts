import type { Ecosystem, Manifest } from './dependency.js';

/** Where the packages of one ecosystem may come from. */
export interface KnownHosts {
  readonly has: (url: URL) => boolean;
  /** There is something to hold an unknown host against: it is refused. Elsewhere a person is asked. */
  readonly closed: boolean;
  /** Its tarballs lie below `/-/`, as those of an npm registry do. */
  readonly keepsTarballs: (url: URL) => boolean;
}

export const urlOf = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

/** Cargo names indexes, of which a host such as a forge has many of strangers; elsewhere the host says enough. */
const placeOf = ({ host, pathname }: URL, ecosystem: Ecosystem): string =>
  ecosystem === 'cargo' ? `${host}${pathname.replace(/\/+$/, '')}` : host;

/** Every address that a manifest or lockfile fetches packages from. */
const addressesOf = ({ dependencies, registries }: Manifest): URL[] =>
  [
    ...dependencies.flatMap(({ source: { kind, url } }) =>
      url !== null && (kind === 'registry' || kind === 'url') ? [url] : [],
    ),
    ...registries.map(({ value }) => value),
  ]
    .flatMap((text) => urlOf(text) ?? [])
    .filter(({ host }) => host !== '');

/**
 * No host is known by itself: known are those of the base, since whoever runs it trusts them already, and those
 * that the policy lists.
 */
export const knownHosts = (
  ecosystem: Ecosystem,
  base: readonly Manifest[],
  listed: readonly string[] | null,
): KnownHosts => {
  const addresses = base.flatMap(addressesOf);
  const places = new Set(addresses.map((url) => placeOf(url, ecosystem)));
  const tarballs = new Set(
    addresses.filter(({ pathname }) => pathname.includes('/-/')).map(({ host }) => host),
  );
  return {
    has: (url) => places.has(placeOf(url, ecosystem)) || listed?.includes(url.host) === true,
    closed: listed !== null || places.size > 0,
    keepsTarballs: ({ host }) => tarballs.has(host),
  };
};
