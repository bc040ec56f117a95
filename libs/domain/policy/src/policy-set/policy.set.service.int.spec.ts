import type { PolicyDocument, PolicyRules } from '@gatehouse/contracts';
import { inTransaction } from '@gatehouse/database';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import type { Change, NewEvent } from '@gatehouse/ledger';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AccessService } from '../access/access.service.js';
import { PolicyRepository } from '../policy.repository.js';
import { PolicyService } from '../policy.service.js';
import { PolicySetRepository } from './policy.set.repository.js';
import { PolicySetService } from './policy.set.service.js';
import { PrincipalRepository } from '../principal.repository.js';
import { TokenRepository } from '../token.repository.js';

let database: TestDatabase;
let policies: PolicyService;
let sets: PolicySetService;
let ann: { id: string };
let bob: { id: string };
/** Another name of hers. */
let annAgain: { id: string };
let events: NewEvent[] = [];

const run = async <T>(work: (change: Change) => Promise<T>): Promise<T> => {
  const recorded: NewEvent[] = [];
  const result = await inTransaction(database.dataSource, (manager) =>
    work({ manager, record: (event) => void recorded.push(event), fence: () => undefined }),
  );
  events.push(...recorded);
  return result;
};

const installation = (spec: PolicyRules): PolicyDocument => ({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Policy',
  metadata: { name: 'house', layer: 'installation' },
  spec,
});
const ofRepository = (spec: PolicyRules): PolicyDocument => ({
  ...installation(spec),
  metadata: { name: 'widgets', layer: 'repository', repository: 'acme/widgets' },
});
const forbidden = async (): Promise<readonly string[]> => {
  const effective = await policies.effectiveOf(null);
  return effective.ok ? effective.policy.forbiddenPaths : [];
};
const activate = (caller: { id: string }, ...ids: string[]) =>
  run((change) => sets.create(change, { policies: ids, reason: 'test' }, caller));
const restore = (caller: { id: string }, id: string) =>
  run((change) => sets.create(change, { restore: id, reason: '' }, caller));
const store = async (document: PolicyDocument, caller = ann): Promise<string> =>
  (await run((change) => sets.store(change, document, caller))).id;

beforeAll(async () => {
  database = await createTestDatabase();
  const repository = new PolicyRepository(database.dataSource);
  policies = new PolicyService(repository);
  const principals = new PrincipalRepository(database.dataSource);
  sets = new PolicySetService(repository, new PolicySetRepository(database.dataSource), principals);
  const access = new AccessService(principals, new TokenRepository(database.dataSource));
  const person = (name: string) =>
    run((change) => access.createPrincipal(change, { name, kind: 'user', roles: ['admin'] }, 'test'));
  [ann, bob, annAgain] = [await person('ann'), await person('bob'), await person('github.ann')];
  await run((change) => principals.standFor(annAgain.id, ann.id, change.manager));
  await database.dataSource.query(
    `INSERT INTO repositories (id, name, source, source_kind, mode) VALUES ('rep_1', 'acme/widgets', '/x', 'path', 'live')`,
  );
});
afterAll(() => database.drop());
beforeEach(async () => {
  events = [];
  await database.dataSource.query('DELETE FROM policy_sets; DELETE FROM policies');
});

describe('a stored version', () => {
  it('is obeyed by nobody until it is activated, and the event says so', async () => {
    const id = await store(installation({ forbiddenPaths: ['secret/**'] }));
    expect(await forbidden()).not.toContain('secret/**');
    expect(events.map(({ type }) => type)).toEqual(['policy.stored']);
    const set = await activate(bob, id);
    expect(await forbidden()).toEqual(['secret/**']);
    expect(set).toMatchObject({ number: 2, active: true, activatedBy: bob.id, members: [{ policyId: id }] });
    expect(events.map(({ type }) => type)).toEqual([
      'policy.stored',
      'policy.activated',
      'policy_set.activated',
    ]);
  });

  it('takes the place of the active one of its layer and leaves other layers alone', async () => {
    const first = await store(installation({ forbiddenPaths: ['a'] }));
    const widgets = await store(ofRepository({ forbiddenPaths: ['w'] }));
    await activate(ann, first, widgets);
    const second = await store(installation({ forbiddenPaths: ['b'] }));
    const set = await activate(ann, second);
    expect(set.members.map(({ policyId }) => policyId).sort()).toEqual([second, widgets].sort());
    expect(await forbidden()).toEqual(['b']);
  });

  it('is not activated beside another one of its layer, nor where it does not exist', async () => {
    const [one, two] = [await store(installation({})), await store(installation({}))];
    await expect(activate(ann, one, two)).rejects.toMatchObject({ code: 'policy.invalid' });
    const missing = 'pol_01J00000000000000000000000';
    await expect(activate(ann, one, missing)).rejects.toMatchObject({ code: 'request.not_found' });
    expect((await sets.list({ limit: 10 })).items).toEqual([]);
  });

  it('is not activated where layers would contradict each other, and nothing changes', async () => {
    const command = (run: string): PolicyRules => ({ commands: [{ name: 'tests', run, timeout: '1m' }] });
    await activate(ann, await store(ofRepository(command('npm test'))));
    const before = await forbidden();
    const id = await store(installation({ ...command('make'), forbiddenPaths: ['x'] }));
    await expect(activate(ann, id)).rejects.toMatchObject({ code: 'policy.invalid' });
    expect(await forbidden()).toEqual(before);
  });
});

describe('an earlier set', () => {
  it('comes back whole, the built-in default too, and the going back is a set of its own', async () => {
    const first = await activate(ann, await store(installation({ forbiddenPaths: ['a'] })));
    await activate(ann, await store(installation({ forbiddenPaths: ['b'] })), await store(ofRepository({})));
    const back = await restore(bob, first.id);
    expect(back).toMatchObject({ number: 4, restores: first.id, digest: first.digest });
    expect(await forbidden()).toEqual(['a']);
    const { items } = await sets.list({ limit: 10 });
    expect(items.map(({ number, active }) => [number, active])).toEqual([
      [4, true],
      [3, false],
      [2, false],
      [1, false],
    ]);
    await restore(bob, items.at(-1)!.id);
    const effective = await policies.effectiveOf(null);
    expect(effective.ok && effective.policy.layers.map(({ name }) => name)).toEqual(['default']);
  });
});

describe('activation by another person', () => {
  it('is refused to who wrote the version, also where the version itself would lift the rule', async () => {
    await activate(ann, await store(installation({ activation: 'another_person' })));
    const lifted = await store(installation({ activation: 'anyone' }));
    for (const name of [ann, annAgain])
      await expect(activate(name, lifted)).rejects.toMatchObject({ code: 'policy.own_work', status: 403 });
    await activate(bob, lifted);
    await activate(ann, await store(installation({ forbiddenPaths: ['own'] })));
    expect(await forbidden()).toEqual(['own']);
  });

  it('is demanded by a repository for its own document, and for no other', async () => {
    await activate(ann, await store(ofRepository({ activation: 'another_person' })));
    const lifted = await store(ofRepository({}));
    await expect(activate(ann, lifted)).rejects.toMatchObject({
      code: 'policy.own_work',
      message: expect.stringContaining('the repository policy widgets wants another person'),
    });
    await activate(ann, await store(installation({ forbiddenPaths: ['own'] })));
    // Beside a version of somebody else it stays her own work.
    const house = await store(installation({}), bob);
    await expect(activate(ann, house, lifted)).rejects.toMatchObject({ code: 'policy.own_work' });
    expect(await forbidden()).toEqual(['own']);
    await activate(bob, lifted);
    await activate(ann, await store(ofRepository({ forbiddenPaths: ['w'] })));
  });

  it('holds for going back too', async () => {
    const own = await activate(ann, await store(installation({ forbiddenPaths: ['own'] })));
    await activate(ann, await store(installation({ activation: 'another_person' })));
    await expect(restore(ann, own.id)).rejects.toMatchObject({ code: 'policy.own_work' });
    await restore(bob, own.id);
    expect(await forbidden()).toEqual(['own']);
  });
});

describe('going back to a set that lacks a layer', () => {
  const first = async (): Promise<string> => (await sets.list({ limit: 10 })).items.at(-1)!.id;

  it('is for nobody alone where the set in force wants another person', async () => {
    await activate(bob, await store(installation({ activation: 'another_person' })));
    for (const person of [ann, bob])
      await expect(restore(person, await first())).rejects.toMatchObject({
        code: 'policy.own_work',
        message: expect.stringContaining('has no installation policy house, and nobody activated it'),
      });
    expect((await sets.list({ limit: 10 })).items).toHaveLength(2);
    // Two people lift the rule, and then it is lifted.
    await activate(bob, await store(installation({})));
    await restore(bob, await first());
  });

  it('is for another person than who activated that set', async () => {
    const without = await activate(ann, await store(installation({ forbiddenPaths: ['a'] })));
    await activate(bob, await store(ofRepository({ activation: 'another_person' })));
    for (const name of [ann, annAgain])
      await expect(restore(name, without.id)).rejects.toMatchObject({
        code: 'policy.own_work',
        message: expect.stringContaining('has no repository policy widgets, and you activated it yourself'),
      });
    expect((await restore(bob, without.id)).members).toHaveLength(1);
  });
});

describe('many at once', () => {
  it('go one after the other: as many sets, one active version of the layer', async () => {
    const ids = await Promise.all(
      [1, 2, 3, 4].map((n) => store(installation({ forbiddenPaths: [`p${n}`] }))),
    );
    await Promise.all(ids.map((id) => activate(bob, id)));
    const { items } = await sets.list({ limit: 10 });
    expect(items.map(({ number }) => number)).toEqual([5, 4, 3, 2, 1]);
    expect(items[0]!.members).toHaveLength(1);
    expect(await forbidden()).toEqual([`p${ids.indexOf(items[0]!.members[0]!.policyId) + 1}`]);
  });
});
