import type { Finding } from '@gatehouse/contracts';
import { foldPath, type RawPath } from '@gatehouse/policy';
import { foldersOf, type FolderName } from '../facts.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';

const folder = '040000';

/** What git asks for before it takes a folder for a bare repository, names folded. */
const isRepository = (names: readonly FolderName[]): boolean => {
  const folders = new Set<string>();
  const files = new Set<string>();
  for (const { name, mode } of names) (mode === folder ? folders : files).add(foldPath(name));
  return files.has('head') && ((folders.has('objects') && folders.has('refs')) || files.has('commondir'));
};

export const embeddedRepository: StaticGate = {
  id: 'embedded-repository',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'No change in a folder that git would take for a repository and whose config it would obey',
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    const findings: Finding[] = [];
    for (const path of foldersOf(change.entries)) {
      const names = change.folders.get(path);
      if (names === undefined) return missing('the names in a folder');
      if (!isRepository(names)) continue;
      const message =
        path === ''
          ? 'With this change, git would take the top folder for a bare repository.'
          : 'Git takes this folder for a bare repository, and runs what its config names.';
      const next = 'Keep repositories out of the change, for instance as an archive that tests unpack.';
      const at: { path?: RawPath } = path === '' ? {} : { path };
      findings.push(finding({ code: 'path.embedded_repository', severity: 'block', message, next, ...at }));
    }
    return decide(findings);
  },
};
