import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { readFaults, type ObjectFault } from './fsck.severity.js';
import { describeStderr, type GitRunner } from './git.runner.js';
import { objectInfo } from './object.reader.js';
import type { Quarantine } from './quarantine.js';

/**
 * Checks the objects that are new in a quarantine, as strictly as git can: names, modes, order, `.gitmodules`, and
 * that nothing they point to is missing. Faults of objects of the base are not the candidate's and are left out.
 */
export const fsckObjects = async (git: GitRunner, quarantine: Quarantine): Promise<ObjectFault[]> => {
  const { gitDir } = quarantine;
  const packs = (await readdir(join(gitDir, 'objects/pack'))).filter((name) => name.endsWith('.pack'));
  // Without --full git looks at loose objects only; a pack here would go unchecked.
  if (packs.length > 0)
    throw new GatehouseError(
      'git.failed',
      'The quarantine holds a pack, which this check does not read; nothing was checked.',
    );
  const result = await git.run(
    ['fsck', '--strict', '--no-dangling', '--no-full', '--no-reflogs', '--no-progress'],
    {
      gitDir,
      timeoutMs: 300_000,
      accept: Array.from({ length: 32 }, (_, code) => code),
    },
  );
  const said = `${result.stdout.toString('utf8')}\n${result.stderr}`;
  const faults: ObjectFault[] = [];
  for (const fault of readFaults(said)) if (await isNew(gitDir, fault.oid)) faults.push(fault);
  faults.push(...(await missing(git, gitDir, said)));
  // Something was wrong, and it is none of what we can read: that must not look like a clean answer.
  const unread = said
    .split('\n')
    .filter((line) => /^(error|fatal):/.test(line) || /hash mismatch|corrupt|unable to/.test(line));
  for (const line of unread) {
    const oid = /[0-9a-f]{40}/.exec(line)?.[0] ?? '';
    faults.push({ oid, code: 'unreadable', message: describeStderr(line), severity: 'error' });
  }
  return faults;
};

const isNew = (gitDir: string, oid: string): Promise<boolean> =>
  access(join(gitDir, 'objects', oid.slice(0, 2), oid.slice(2))).then(
    () => true,
    () => false,
  );

/** Without --full git calls loose objects of the base missing; whoever really is, is asked for. */
const missing = async (git: GitRunner, gitDir: string, said: string): Promise<ObjectFault[]> => {
  const oids = [...new Set([...said.matchAll(/^missing \w+ ([0-9a-f]{40})$/gm)].map(([, oid = '']) => oid))];
  const found = await objectInfo(git, gitDir, oids);
  return oids
    .filter((_, i) => found[i] === undefined)
    .map((oid) => ({
      oid,
      code: 'missingObject',
      message: 'an object that the candidate points to does not exist',
      severity: 'error' as const,
    }));
};
