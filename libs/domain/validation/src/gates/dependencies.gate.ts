import type { EffectivePolicy, Finding } from '@gatehouse/contracts';
import { globSet, rawPathOfText, type RawPath } from '@gatehouse/policy';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import type { TreeFacts } from '../facts.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { unreadable, type Ecosystem, type Manifest, type ManifestRead } from '../manifests/dependency.js';
import { compareManifests, type DependencyFault } from '../manifests/dependency.diff.js';
import { knownHosts, type KnownHosts } from '../manifests/known.hosts.js';
import { changedWants, disagreements } from '../manifests/lock.agreement.js';
import { manifestFile, type ManifestFile } from '../manifests/manifest.file.js';

interface Changed {
  readonly file: ChangedFile;
  readonly is: ManifestFile;
  readonly old: Manifest | null;
  /** Null where it is gone or cannot be read. */
  readonly made: Manifest | null;
}

const next = 'Leave it out of the change, or have a person look at where the package comes from.';
const mend =
  'Make the lockfile anew with its own program, from the hosts that it had or that the policy lists.';

/** Ten times what the largest projects have. */
const maxPackages = 50_000;

const readWhole = (text: string, is: ManifestFile): ManifestRead => {
  const answer = is.read(text);
  if (!answer.ok || answer.manifest.dependencies.length <= maxPackages) return answer;
  return unreadable(`it names more than ${maxPackages} packages`);
};

const read = (text: string | null | undefined, is: ManifestFile): Manifest | null => {
  const answer = text == null ? null : readWhole(text, is);
  return answer?.ok === true ? answer.manifest : null;
};

const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/** Packages that tests keep on purpose, broken ones too: nothing installs from there. */
const isFixture = (path: RawPath): boolean =>
  /(?:^|\/)(?:(?:__)?fixtures?(?:__)?|testdata|test-data)\//i.test(path);

const unreadableFinding = ({ file: { path, new: made }, is }: Changed): Finding | null => {
  if (made === null) return null;
  const answer = made.text === null ? null : readWhole(made.text, is);
  if (answer?.ok === true) return null;
  const message = `What is installed by this file cannot be told: ${answer?.why ?? 'it is no text'}.`;
  const severity = is.kind === 'lock' && !isFixture(path) ? 'block' : 'require_approval';
  return finding({
    code: 'dependency.unreadable',
    severity,
    message,
    next: mend,
    path,
    line: answer?.line ?? 1,
  });
};

const lockNames = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'];

const mismatch = (path: RawPath, message: string, line = 1): Finding =>
  finding({ code: 'dependency.mismatch', severity: 'require_approval', message, next: mend, path, line });

/** The lockfile that a package.json falls under: in its folder or above. */
const lockAbove = (dir: string, change: TreeFacts): RawPath | null => {
  for (let at = dir; ; at = folderOf(at)) {
    const names = new Set(change.folders.get(at as RawPath)?.map(({ name }) => name));
    const found = lockNames.find((name) => names.has(name));
    if (found !== undefined) return (at === '' ? found : `${at}/${found}`) as RawPath;
    if (at === '') return null;
  }
};

const textOf = (manifest: Manifest | null): string =>
  JSON.stringify(
    manifest?.dependencies.map(({ name, version, alias }) => [name, version, alias ?? '']).sort() ?? [],
  );

/** A package.json of npm and its kin against its lockfile, as far as the change shows both. */
const agreement = (change: TreeFacts, all: readonly Changed[]): Finding[] => {
  const byPath = new Map(all.map((one) => [one.file.path as string, one]));
  const findings: Finding[] = [];
  for (const { file, is, old, made } of all) {
    if (is.ecosystem !== 'npm' || made === null || isFixture(file.path)) continue;
    const dir = folderOf(file.path);
    if (is.kind === 'lock') {
      for (const folder of old === null ? [] : changedWants(old, made)) {
        const manifest = [dir, folder, 'package.json'].filter((part) => part !== '').join('/');
        if (!byPath.has(manifest))
          findings.push(
            mismatch(file.path, `It changes what ${manifest.slice(0, 200)} asks for, which does not change.`),
          );
      }
      continue;
    }
    if (textOf(old) === textOf(made)) continue;
    const lockPath = lockAbove(dir, change);
    const lock = lockPath === null ? undefined : byPath.get(lockPath);
    if (lockPath !== null && lock === undefined)
      findings.push(mismatch(file.path, 'Its dependencies change, and its lockfile does not.'));
    if (lockPath === null || lock?.made == null) continue;
    const base = folderOf(lockPath);
    const inner = base === '' ? dir : dir.slice(base.length + 1);
    for (const { name, line } of disagreements({ manifest: made, lock: lock.made, dir: inner }))
      findings.push(
        mismatch(file.path, `The lockfile has no answer to what is asked of ${name.slice(0, 120)}.`, line),
      );
  }
  return findings;
};

/** Far more than are shown, and few enough to be put in order; what blocks is among them. */
const heaviest = (faults: readonly DependencyFault[]): DependencyFault[] =>
  [...faults.filter(({ blocks }) => blocks), ...faults.filter(({ blocks }) => !blocks)].slice(0, 1000);

const knownNames = ({ dependencies }: EffectivePolicy): ((name: string) => boolean) => {
  const sets = dependencies.names.map((globs) => globSet(globs));
  return (name) => sets.every((set) => set.match(rawPathOfText(name)) !== null);
};

export const dependencies: StaticGate = {
  id: 'dependencies',
  group: 'content',
  part: 'static',
  stage: 'tree',
  version: 3,
  reads: ['dependencies'],
  summary: 'New packages and versions need a yes; they come from known hosts with unchanged digests',
  check: ({ change, policy }) => {
    if (change === null) return missing('the candidate tree');
    const all = changedFiles(change).flatMap((file): Changed[] => {
      const is = manifestFile(file.path);
      if (is === null) return [];
      return [{ file, is, old: read(file.old?.text, is), made: read(file.new?.text, is) }];
    });
    const isKnownName = knownNames(policy);
    const existing = new Map<Ecosystem, Set<string>>();
    for (const { is, old } of all) {
      const names = existing.get(is.ecosystem) ?? new Set();
      for (const { name, source } of old?.dependencies ?? []) if (source.kind !== 'local') names.add(name);
      existing.set(is.ecosystem, names);
    }
    const hostsOf = (ecosystem: Ecosystem): KnownHosts => {
      // What tests keep on purpose says nothing about where a package may come from.
      const base = all.flatMap(({ file: { path }, is, old }) =>
        old === null || is.ecosystem !== ecosystem || isFixture(path) ? [] : [old],
      );
      return knownHosts(ecosystem, base, policy.dependencies.registries);
    };
    const hosts = new Map([...existing.keys()].map((ecosystem) => [ecosystem, hostsOf(ecosystem)]));
    const findings = all.flatMap((one): Finding[] => {
      const { file, is, old, made } = one;
      const { path } = file;
      const broken = unreadableFinding(one);
      if (broken !== null) return [broken];
      if (made === null) {
        if (is.kind !== 'lock') return [];
        const message = 'The lockfile is removed: whatever a registry has newest is installed.';
        return [
          finding({ code: 'dependency.lock_removed', severity: 'require_approval', message, next, path }),
        ];
      }
      const known = { hosts: hosts.get(is.ecosystem)!, existing: existing.get(is.ecosystem)! };
      const rules = { ...is, ...known, isKnownName };
      return heaviest(compareManifests(old, made, rules)).map(({ blocks, host: _, ...rest }) =>
        finding({
          ...rest,
          severity: blocks && !isFixture(path) ? 'block' : 'require_approval',
          next: blocks ? mend : next,
          path,
        }),
      );
    });
    return decide([...findings, ...agreement(change, all)]);
  },
};
