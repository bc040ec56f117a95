import {
  faultOfUrl,
  isOtherPackage,
  type Dependency,
  type Ecosystem,
  type Manifest,
  type UrlFault,
} from './dependency.js';
import type { KnownHosts } from './known.hosts.js';
import { lookAlikes } from './look-alike.name.js';
import { movedIn } from './moved.in.js';

/** Something to say about one dependency of one file. */
export interface DependencyFault {
  readonly code: string;
  /** Blocks; otherwise a person is asked. */
  readonly blocks: boolean;
  readonly message: string;
  readonly line: number;
  readonly evidence?: string;
  /** Where the package comes from a host that nobody named. */
  readonly host?: string;
}

export interface DependencyRules {
  readonly ecosystem: Ecosystem;
  readonly kind: 'manifest' | 'lock';
  readonly hosts: KnownHosts;
  /** Names that are known without asking anybody. */
  readonly isKnownName: (name: string) => boolean;
  /** Dependencies that the repository had, by name, in all changed files of the ecosystem. */
  readonly existing: ReadonlySet<string>;
}

const shown = (text: string): string => text.slice(0, 120);
const fault = (
  { line }: Pick<Dependency, 'line'>,
  code: string,
  blocks: boolean,
  message: string,
  evidence?: string,
): DependencyFault => ({
  ...{ code: `dependency.${code}`, blocks, message, line },
  ...(evidence === undefined ? {} : { evidence }),
});

const keyOf = ({ name, version }: Dependency): string => `${name}\0${version}`;

const byKey = (dependencies: readonly Dependency[]): Map<string, Dependency[]> => {
  const map = new Map<string, Dependency[]>();
  for (const one of dependencies) {
    const list = map.get(keyOf(one));
    if (list === undefined) map.set(keyOf(one), [one]);
    else list.push(one);
  }
  return map;
};

const urlMessages: Readonly<Record<UrlFault, string>> = {
  insecure: 'is fetched without encryption',
  credentials: 'is fetched with a credential in its URL',
  registry: 'comes from a host that neither the base fetches from nor the policy names',
  new_host: 'comes from a host, and the base names none to hold it against',
  unreadable: 'has a URL that cannot be read',
};

const urlFault = (
  at: Pick<Dependency, 'name' | 'line'>,
  { code, host }: { code: UrlFault; host: string },
  url?: string,
): DependencyFault => {
  const message = `${shown(at.name)} ${urlMessages[code]}${host === '' ? '' : `: ${shown(host)}`}.`;
  const full = code === 'registry' || code === 'new_host' ? code : `url_${code}`;
  // A credential in the URL must not be shown again.
  const evidence = code === 'credentials' ? undefined : url;
  return { ...fault(at, full, code !== 'new_host', message, evidence), host };
};

const isMismatch = (one: Dependency, url: string, { hosts, kind, ecosystem }: DependencyRules): boolean =>
  kind === 'lock' && ecosystem === 'npm' && isOtherPackage(one, url, hosts);

const sourceFaults = (one: Dependency, rules: DependencyRules): DependencyFault[] => {
  const { source, name } = one;
  const faults: DependencyFault[] = [];
  if (one.alias !== undefined)
    faults.push(
      fault(
        one,
        'alias',
        false,
        `Under the name ${shown(name)} another package is installed: ${shown(one.alias)}.`,
      ),
    );
  if (source.kind === 'git' || source.kind === 'path') {
    const from = source.kind === 'git' ? 'a git repository' : 'a path or a patch';
    const message = `${shown(name)} comes from ${from}, where no registry keeps its versions.`;
    faults.push(fault(one, 'source', false, message, source.url ?? undefined));
  }
  if (source.url === null || (source.kind !== 'registry' && source.kind !== 'url')) return faults;
  const wrong = faultOfUrl(source.url, rules.hosts);
  if (wrong !== null) faults.push(urlFault(one, wrong, source.url));
  if ((wrong === null || wrong.code === 'new_host') && isMismatch(one, source.url, rules)) {
    const message = `${shown(name)} ${shown(one.version)} is fetched from the URL of another package or version.`;
    faults.push(fault(one, 'url_mismatch', true, message, source.url));
  }
  return faults;
};

const algorithmOf = (digest: string): string => digest.slice(0, digest.indexOf('-'));

/** Whether the digests of an unchanged version still say the same. */
const integrityFault = (
  one: Dependency,
  before: Dependency,
  ecosystem: Ecosystem,
): DependencyFault | null => {
  const what = `${shown(one.name)} ${shown(one.version)}`;
  const old = new Set(before.integrity);
  if (old.size === 0) return null;
  if (one.integrity.length === 0) {
    if (one.source.kind === 'local') return null;
    return fault(one, 'integrity_missing', true, `The digest of ${what} is gone.`);
  }
  const kinds = new Set(before.integrity.map(algorithmOf));
  const other = one.integrity.some((digest) => kinds.has(algorithmOf(digest)) && !old.has(digest));
  const kept = one.integrity.some((digest) => old.has(digest));
  // A version on PyPI is many files, and may get another one later.
  if (ecosystem === 'python' && kept)
    return other
      ? fault(one, 'integrity_added', false, `${what} has files that it did not have before.`)
      : null;
  // Package managers replace a weak digest by a strong one; the other way round nobody does.
  const stronger = !kept && !one.integrity.some((digest) => kinds.has(algorithmOf(digest)));
  const weak = one.integrity.every((digest) => /^(?:sha1|md5|sha1hex)-/.test(digest));
  if (other || (weak && ![...kinds].every((kind) => /^(?:sha1|md5|sha1hex)$/.test(kind))))
    return fault(
      one,
      'integrity_changed',
      true,
      `${what} is the same version with other content: its digest changed.`,
    );
  return stronger
    ? fault(one, 'integrity_replaced', false, `${what} has a digest of another kind now.`)
    : null;
};

const lockFaults = (
  one: Dependency,
  twins: readonly Dependency[],
  pinned: boolean,
  ecosystem: Ecosystem,
): DependencyFault[] => {
  const faults: DependencyFault[] = [];
  const before = twins.find(({ source }) => source.url === one.source.url) ?? twins[0];
  if (before !== undefined) {
    // Many files of one version: what was there may go, what is new must be asked about.
    const wrong = integrityFault(one, before, ecosystem);
    if (wrong !== null) faults.push(wrong);
    if (before.source.url !== one.source.url && before.source.url !== null) {
      const message = `${shown(one.name)} ${shown(one.version)} is fetched from another place than before.`;
      faults.push(fault(one, 'url_changed', false, message, one.source.url ?? 'none'));
    }
  }
  const bare = one.integrity.length === 0 && one.source.kind === 'registry';
  if (pinned && bare && before === undefined) {
    const message = `${shown(one.name)} ${shown(one.version)} has no digest, so that anything can be delivered for it.`;
    // An entry without URL and digest is what a known fault of npm leaves behind.
    faults.push(fault(one, 'integrity_missing', one.source.url !== null, message));
  }
  return faults;
};

const same = (a: Dependency, b: Dependency): boolean =>
  a.source.kind === b.source.kind &&
  a.source.url === b.source.url &&
  a.alias === b.alias &&
  a.integrity.join(' ') === b.integrity.join(' ');

const maxNamed = 20;
const listed = (all: readonly Dependency[]): string => {
  const names = [
    ...new Set(all.map(({ name, version }) => shown(version === '' ? name : `${name}@${version}`))),
  ];
  return `${names.slice(0, maxNamed).join(', ')}${names.length > maxNamed ? `, and ${names.length - maxNamed} more` : ''}`;
};

/** What a lockfile brings is told together: nobody reads a thousand findings. */
const told = (
  all: readonly Dependency[],
  kind: 'manifest' | 'lock',
  code: string,
  what: string,
): DependencyFault[] => {
  if (all.length === 0) return [];
  if (kind === 'manifest')
    return all.map((one) =>
      fault(one, code, false, `${shown(one.name)} ${what}: ${shown(one.version) || 'any version'}.`),
    );
  return [fault(all[0]!, code, false, `${all.length} locked package(s): each ${what}.`, listed(all))];
};

const settingFaults = (
  old: Manifest | null,
  made: Manifest,
  { hosts }: DependencyRules,
): DependencyFault[] => {
  const textOf = ({ name, value }: { name: string; value: string }): string => `${name}\0${value}`;
  const overridden = new Set(old?.overrides.map(textOf));
  const known = new Set(old?.registries.map(textOf));
  const overrides = made.overrides
    .filter((one) => !overridden.has(textOf(one)))
    .map((one) =>
      fault(one, 'override', false, `${shown(one.name)} makes other packages come in.`, shown(one.value)),
    );
  const registries = made.registries
    .filter((one) => !known.has(textOf(one)))
    .flatMap((one) => {
      const wrong = faultOfUrl(one.value, hosts);
      return wrong === null ? [] : [urlFault(one, wrong)];
    });
  return [...overrides, ...registries];
};

/** The first lockfile of a repository has one new host for all its packages: it is told once. */
const oncePerHost = (faults: readonly DependencyFault[]): DependencyFault[] => {
  const seen = new Set<string>();
  return faults.filter(({ code, host }) => {
    if (code !== 'dependency.new_host' || host === undefined) return true;
    return !seen.has(host) && seen.add(host);
  });
};

/** What is new in one manifest or lockfile, held against what it was. */
export const compareManifests = (
  old: Manifest | null,
  made: Manifest,
  rules: DependencyRules,
): DependencyFault[] => {
  const { kind, existing, isKnownName } = rules;
  const before = byKey(old?.dependencies ?? []);
  const oldNames = new Set(old?.dependencies.map(({ name }) => name));
  const fresh = made.dependencies.filter(
    (one) => !(before.get(keyOf(one)) ?? []).some((twin) => same(one, twin)),
  );
  const faults = fresh.flatMap((one) => [
    ...sourceFaults(one, rules),
    ...(kind === 'lock'
      ? lockFaults(one, before.get(keyOf(one)) ?? [], made.pinned === true, rules.ecosystem)
      : []),
  ]);
  // Where one version stands there twice, with digests that contradict each other, only one can be true.
  for (const twins of kind === 'lock' ? byKey(made.dependencies).values() : []) {
    const odd = twins
      .slice(1)
      .find(
        (one) => integrityFault(one, twins[0]!, rules.ecosystem)?.code === 'dependency.integrity_changed',
      );
    if (odd !== undefined && rules.ecosystem !== 'python' && fresh.includes(odd))
      faults.push(
        fault(
          odd,
          'integrity_conflict',
          true,
          `${shown(odd.name)} ${shown(odd.version)} stands there with two contents.`,
        ),
      );
  }
  for (const one of movedIn(old, fresh))
    faults.push(
      fault(one, 'source', false, `${shown(one.name)} was fetched; now it is a folder of the repository.`),
    );
  const visible = fresh.filter(({ source }) => source.kind !== 'local');
  const added = visible.filter(({ name }) => !existing.has(name) && !oldNames.has(name));
  const moved = visible.filter(
    (one) => (existing.has(one.name) || oldNames.has(one.name)) && !before.has(keyOf(one)),
  );
  faults.push(
    ...told(added, kind, 'new', 'is new here'),
    ...told(moved, kind, 'version', 'has another version'),
  );
  const near = lookAlikes(existing);
  const seen = new Set<string>();
  for (const one of added) {
    for (const name of new Set([one.name, one.alias ?? one.name])) {
      if (seen.has(name)) continue;
      seen.add(name);
      const other = near(name);
      if (other !== null)
        faults.push(
          fault(one, 'look_alike', false, `${shown(name)} is new and nearly called like ${shown(other)}.`),
        );
      if (!isKnownName(name))
        faults.push(
          fault(one, 'unknown', false, `${shown(name)} is not among the names that the policy knows.`),
        );
    }
  }
  return oncePerHost([...faults, ...settingFaults(old, made, rules)]);
};
