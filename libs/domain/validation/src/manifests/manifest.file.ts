import type { RawPath } from '@gatehouse/policy';
import { takenPath } from '../names.js';
import type { Ecosystem, ManifestRead } from './dependency.js';
import { readPackage, readPackageLock } from './npm.manifest.js';
import { readCargo, readCargoLock, readGemfileLock, readGoMod, readGoSum } from './other.manifest.js';
import { readPnpmLock } from './pnpm.lock.js';
import { readPyproject, readPythonLock, readRequirements } from './python.manifest.js';
import { readYarnLock } from './yarn.lock.js';

/** A file that says what is installed, and how to read it. */
export interface ManifestFile {
  readonly ecosystem: Ecosystem;
  readonly kind: 'manifest' | 'lock';
  readonly read: (text: string) => ManifestRead;
}

const manifest = (ecosystem: Ecosystem, read: ManifestFile['read']): ManifestFile => ({
  ...{ ecosystem, kind: 'manifest', read },
});
const lock = (ecosystem: Ecosystem, read: ManifestFile['read']): ManifestFile => ({
  ...{ ecosystem, kind: 'lock', read },
});

const byName = new Map<string, ManifestFile>([
  ['package.json', manifest('npm', readPackage)],
  ['package-lock.json', lock('npm', readPackageLock)],
  ['npm-shrinkwrap.json', lock('npm', readPackageLock)],
  ['yarn.lock', lock('npm', readYarnLock)],
  ['pnpm-lock.yaml', lock('npm', readPnpmLock)],
  ['pyproject.toml', manifest('python', readPyproject)],
  ['poetry.lock', lock('python', readPythonLock)],
  ['uv.lock', lock('python', readPythonLock)],
  ['cargo.toml', manifest('cargo', readCargo)],
  ['cargo.lock', lock('cargo', readCargoLock)],
  ['go.mod', manifest('go', readGoMod)],
  ['go.sum', lock('go', readGoSum)],
  ['gemfile.lock', lock('ruby', readGemfileLock)],
]);

const requirements = manifest('python', readRequirements);

/** What a path is to a package manager; null where it is nothing. */
export const manifestFile = (path: RawPath): ManifestFile | null => {
  const taken = takenPath(path);
  const name = taken.slice(taken.lastIndexOf('/') + 1);
  const known = byName.get(name);
  if (known !== undefined) return known;
  if (/^(?:[\w.-]*[-_.])?(?:requirements|constraints)(?:[-_.][\w.-]*)?\.(?:txt|in)$/.test(name))
    return requirements;
  return /(?:^|\/)requirements\/[^/]+\.(?:txt|in)$/.test(taken) ? requirements : null;
};
