import type { Principal } from '@gatehouse/contracts';
import { inTransaction } from '@gatehouse/database';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import type { Change, Changes, NewEvent } from '@gatehouse/ledger';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessService } from './access.service.js';
import { Bootstrap } from '../bootstrap.js';
import { defaultInstallationPolicy } from '../default.policy.js';
import { PolicyRepository } from '../policy.repository.js';
import { PolicySetRepository } from '../policy-set/policy.set.repository.js';
import { PolicySetService } from '../policy-set/policy.set.service.js';
import { PolicyService } from '../policy.service.js';
import { PrincipalRepository } from '../principal.repository.js';
import { TokenRepository } from '../token.repository.js';

let database: TestDatabase;
let access: AccessService;
let principals: PrincipalRepository;
let events: NewEvent[] = [];

/** One transaction; what it recorded counts once it has committed. */
const run = async <T>(work: (change: Change) => Promise<T>): Promise<T> => {
  const recorded: NewEvent[] = [];
  const result = await inTransaction(database.dataSource, (manager) =>
    work({ manager, record: (event) => void recorded.push(event), fence: () => undefined }),
  );
  events.push(...recorded);
  return result;
};

const sets = (): PolicySetService =>
  new PolicySetService(
    new PolicyRepository(database.dataSource),
    new PolicySetRepository(database.dataSource),
    principals,
  );

const principal = (name: string): Promise<Principal> =>
  run((change) => access.createPrincipal(change, { name, kind: 'user', roles: ['viewer'] }, 'test'));

beforeAll(async () => {
  database = await createTestDatabase();
  principals = new PrincipalRepository(database.dataSource);
  access = new AccessService(principals, new TokenRepository(database.dataSource));
});
afterAll(() => database.drop());

describe('secrets', () => {
  it('are stored as digests, known until revoked, and only as what they are', async () => {
    const { id } = await principal('ann');
    const given = { principalId: id, name: 'laptop', expiresInDays: 1 };
    const { token, secret } = await run((change) => access.issueToken(change, given, 'test'));
    expect(secret).toMatch(/^gh_[\w-]{43}$/);
    const [row] = (await database.dataSource.query('SELECT * FROM tokens WHERE id = $1', [
      token.id,
    ])) as object[];
    expect(JSON.stringify(row)).not.toContain(secret);
    expect((await access.authenticate(secret, ['token']))?.principal.id).toBe(id);
    expect(await access.authenticate(secret, ['panel', 'login_code'])).toBeUndefined();
    expect(await access.authenticate(`${secret}x`, ['token'])).toBeUndefined();
    await run((change) => access.revokeToken(change, token.id, 'test'));
    expect(await access.authenticate(secret, ['token'])).toBeUndefined();
    events = [];
    await run((change) => access.revokeToken(change, token.id, 'test'));
    expect(events).toEqual([]);
  });

  it('end with their time and with their principal', async () => {
    const { id } = await principal('ben');
    const given = { principalId: id, name: 't', expiresInDays: 1 };
    const { secret, token } = await run((change) => access.issueToken(change, given, 'test'));
    await run((change) => access.changePrincipal(change, id, true, 'test'));
    expect(await access.authenticate(secret, ['token'])).toBeUndefined();
    await run((change) => access.changePrincipal(change, id, false, 'test'));
    expect(await access.authenticate(secret, ['token'])).toBeDefined();
    await database.dataSource.query(`UPDATE tokens SET expires_at = now() WHERE id = $1`, [token.id]);
    expect(await access.authenticate(secret, ['token'])).toBeUndefined();
  });

  it('nobody disables itself', async () => {
    const { id } = await principal('cat');
    await expect(run((change) => access.changePrincipal(change, id, true, id))).rejects.toMatchObject({
      code: 'auth.forbidden',
    });
  });

  it('a login code opens one panel session, however many ask at once', async () => {
    const { id } = await principal('dan');
    const { code, expiresAt } = await run((change) => access.loginCode(change, id));
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 600_000)).toBeLessThan(30_000);
    events = [];
    const sessions = await Promise.all(
      Array.from({ length: 4 }, () => run((change) => access.login(change, { code }))),
    );
    const opened = sessions.filter((session) => session !== undefined);
    expect(opened).toHaveLength(1);
    expect(events.map(({ type }) => type)).toEqual(['login.succeeded']);
    const known = await access.authenticate(opened[0]?.secret ?? '', ['panel']);
    expect(known?.principal.id).toBe(id);
    await run((change) => access.logout(change, known?.tokenId ?? '', id));
    expect(await access.authenticate(opened[0]?.secret ?? '', ['panel'])).toBeUndefined();
  });
});

describe('the first tokens of an installation', () => {
  it('are written once, for their owner only, and replaced where they do not hold', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bootstrap-'));
    const bootstrap = new Bootstrap({ run } as unknown as Changes, access, principals);
    const read = (name: string) => readFile(join(folder, `${name}.token`), 'utf8');
    try {
      await bootstrap.run(folder);
      expect((await readdir(folder)).sort()).toEqual([
        'admin.token',
        'worker-agent.token',
        'worker-validator.token',
      ]);
      expect((await stat(join(folder, 'admin.token'))).mode & 0o777).toBe(0o600);
      const first = { admin: await read('admin'), worker: await read('worker-agent') };
      expect((await access.authenticate(first.worker.trim(), ['token']))?.principal).toMatchObject({
        name: 'worker-agent',
        kind: 'worker',
        roles: ['worker'],
      });
      await bootstrap.run(folder);
      expect(await read('admin')).toBe(first.admin);
      await writeFile(join(folder, 'admin.token'), first.worker);
      await bootstrap.run(folder);
      expect((await access.authenticate((await read('admin')).trim(), ['token']))?.principal.name).toBe(
        'admin',
      );
      expect(await access.authenticate(first.admin.trim(), ['token'])).toBeUndefined();
      expect(await read('worker-agent')).toBe(first.worker);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('active layers', () => {
  it('have one active version each, also where two are published at once; without any the default counts', async () => {
    const policies = new PolicyService(new PolicyRepository(database.dataSource));
    const { id } = await principal('eve');
    const before = await policies.effectiveOf(null);
    expect(before.ok && before.policy.layers[0]?.name).toBe('default');
    const document = { ...defaultInstallationPolicy, spec: { forbiddenPaths: ['secret/**'] } };
    const made = await Promise.all(
      [1, 2, 3].map(() => run((change) => sets().publish(change, document, { id }))),
    );
    expect(made.map(({ version }) => version).sort()).toEqual([1, 2, 3]);
    const { items } = await policies.list({ limit: 10 });
    expect(items.filter(({ active }) => active).map(({ version }) => version)).toEqual([3]);
    const after = await policies.effectiveOf(null);
    expect(after.ok && after.policy.forbiddenPaths).toEqual(['secret/**']);
    expect(after.ok && (await policies.byDigest(after.policy.digest))).toEqual(after.ok && after.policy);
  });

  it('refuses a repository that is not registered', async () => {
    const metadata = { name: 'p', layer: 'repository' as const, repository: 'no/such' };
    const asked = run((change) =>
      sets().store(change, { ...defaultInstallationPolicy, metadata }, { id: 'x' }),
    );
    await expect(asked).rejects.toMatchObject({ code: 'repository.not_found' });
  });
});
