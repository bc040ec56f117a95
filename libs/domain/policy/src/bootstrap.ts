import type { CreatePrincipal } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AccessService } from './access/access.service.js';
import { PrincipalRepository } from './principal.repository.js';

const own: readonly CreatePrincipal[] = [
  { name: 'admin', kind: 'user', roles: ['admin'] },
  { name: 'worker-agent', kind: 'worker', roles: ['worker'], zone: 'agent' },
  { name: 'worker-validator', kind: 'worker', roles: ['worker'], zone: 'validator' },
];
const tokenName = 'bootstrap';
const actor = 'bootstrap';

const readSecret = async (path: string): Promise<string | undefined> => {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Whoever reads the file sees the old secret or the new one, whole, and nobody else can read it. */
const writeSecret = async (path: string, secret: string): Promise<void> => {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${secret}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
};

/** The first principals of an installation, and the files in which its own parts find their tokens. */
@Injectable()
export class Bootstrap {
  constructor(
    private readonly changes: Changes,
    private readonly access: AccessService,
    private readonly principals: PrincipalRepository,
  ) {}

  /** Makes what is missing in `directory`; a file whose token still holds stays as it is. */
  async run(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const principal of own) await this.ensure(principal, join(directory, `${principal.name}.token`));
  }

  private async ensure(given: CreatePrincipal, path: string): Promise<void> {
    const kept = await readSecret(path);
    const known = kept ? await this.access.authenticate(kept, ['token']) : undefined;
    if (known?.principal.name === given.name) return chmod(path, 0o600);
    const secret = await this.changes.run(async (change) => {
      const principal =
        (await this.principals.findByName(given.name, change.manager)) ??
        (await this.access.createPrincipal(change, given, actor, given.kind === 'worker'));
      return (await this.access.replaceToken(change, principal.id, tokenName, actor)).secret;
    });
    await writeSecret(path, secret);
  }
}
