import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCli, type Ran } from './built.cli.js';

/** What the command says of a pull request on a machine that has a clone, the one fetch of docs/proof.md and the keys. */
export const verifyPull = async (
  repository: string,
  number: number,
  keys: readonly { readonly pem: string }[],
): Promise<Ran> => {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-verifier-'));
  const [clone, file] = [join(dir, 'clone'), join(dir, 'gatehouse-keys.pem')];
  const git = (...args: string[]) => promisify(execFile)('git', ['-C', dir, ...args]);
  try {
    writeFileSync(file, keys.map(({ pem }) => pem).join(''));
    await git('clone', '-q', repository, clone);
    await git('-C', clone, 'fetch', '-q', 'origin', 'refs/gatehouse/*:refs/gatehouse/*');
    await git('-C', clone, 'fetch', '-q', 'origin', `pull/${number}/head`);
    return await runCli(['verify', 'FETCH_HEAD', '--repository', clone, '--key', file], { env: {} });
  } finally {
    rmSync(dir, { recursive: true });
  }
};
