import { installationStream, type Principal, type Role } from '@gatehouse/contracts';
import { LedgerService } from '@gatehouse/ledger';
import { SubmitService } from '@gatehouse/orchestration';
import { AccessService } from '@gatehouse/policy';
import { PromotionService } from '@gatehouse/promotion';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { candidateRow, waitingRow } from './approval.fixture.js';
import { people } from './forge.fixture.js';
import { IdentityService } from './identity.service.js';
import { TriggerFixture } from './trigger.fixture.js';

let plane: TriggerFixture;
let access: AccessService;
let identities: IdentityService;
beforeAll(async () => {
  plane = await TriggerFixture.start();
  access = plane.app.get(AccessService);
  identities = plane.app.get(IdentityService);
  await plane.trigger('fix', { on: { label: 'run' } });
});
afterAll(() => plane?.stop());

const repository = { id: 186853002, name: 'widgets', owner: { login: 'acme' } };
let last = 500;
const account = (login: string) => {
  last += 1;
  people[login] = 'write';
  return { id: last, login, type: 'User' };
};
type Account = ReturnType<typeof account>;
/** Sets the label; answers the session of the job. */
const asks = async (sender: Account): Promise<string> => {
  const issue = { number: (last += 1), title: 'T', body: '', state: 'open', user: sender, updated_at: 'now' };
  const payload = { action: 'labeled', repository, sender, label: { name: 'run' }, issue };
  expect(await plane.deliver('issues', payload)).toContain('made a job');
  const [row] = await plane.query<{ id: string }>(`SELECT id FROM sessions ORDER BY id DESC LIMIT 1`);
  return row!.id;
};
const person = (name: string, roles: Role[] = ['requester', 'approver']): Promise<Principal> =>
  plane.changes.run((change) => access.createPrincipal(change, { name, kind: 'user', roles }, 'test'));
const named = async (name: string): Promise<Principal> => {
  const [row] = await plane.query<{ id: string }>(`SELECT id FROM principals WHERE name = $1`, [name]);
  return access.principal(row!.id);
};
const link = (to: Principal, login: string, userId?: number) =>
  plane.changes.run((change) =>
    identities.link(
      change,
      to,
      { login, ...(userId !== undefined && { userId: String(userId) }) },
      plane.admin.id,
    ),
  );
const answered = (promotion: string, caller: Principal) =>
  plane.changes.run((change) =>
    plane.app.get(PromotionService).answer(change, caller, promotion, { answer: 'approve', reason: '' }),
  );
const waits = async (session: string): Promise<string> => {
  await plane.query(`UPDATE sessions SET state = 'idle' WHERE id = $1`, [session]);
  return waitingRow(plane, session, await candidateRow(plane));
};
const given = async (promotion: string): Promise<number> =>
  (await plane.app.get(PromotionService).find(promotion)).approvalsGiven;

describe('an account that asked before it was linked', () => {
  it('moves to the person, who answers for nothing that it asked for, now or before', async () => {
    const alice = account('alice');
    const [asked, before] = [await waits(await asks(alice)), await waits(await asks(alice))];
    const ada = await person('ada');
    await answered(before, ada);
    expect(await given(before)).toBe(1);

    const made = await named('github.alice');
    expect(await link(ada, 'Alice')).toMatchObject({ principalId: ada.id, userId: String(alice.id) });
    expect(await given(before)).toBe(0);
    await expect(answered(asked, ada)).rejects.toMatchObject({ code: 'approval.own_work' });
    expect((await named('github.alice')).standsFor).toBe(ada.id);
    expect((await identities.principalOf(alice))?.id).toBe(ada.id);
    const { items } = await plane.app
      .get(LedgerService)
      .readPage(installationStream, { after: 0, limit: 1000 });
    expect(items.at(-1)).toMatchObject({
      ...{ type: 'identity.linked', actor: plane.admin.id },
      payload: { principalId: ada.id, name: 'ada', login: 'alice', movedFrom: made.id },
    });
    // The same again says nothing new.
    expect(await link(ada, 'alice', alice.id)).toMatchObject({ principalId: ada.id });
    expect(await plane.events(installationStream)).toHaveLength(items.length);
  });

  it('and answered for the person before: that counts no more', async () => {
    const bert = account('bert');
    await asks(bert);
    const [made, bob] = [await named('github.bert'), await person('bob')];
    // As it could have been given the role by hand.
    await plane.query(`UPDATE principals SET roles = '{requester,approver}' WHERE id = $1`, [made.id]);
    const robert = account('robert');
    await link(bob, 'robert', robert.id);
    const [promotion, other] = [await waits(await asks(robert)), await waits(await asks(robert))];
    await answered(promotion, await named('github.bert'));
    expect(await given(promotion)).toBe(1);
    await plane.query(`UPDATE principals SET stands_for = $2 WHERE id = $1`, [made.id, bob.id]);
    expect(await given(promotion)).toBe(0);
    await expect(answered(other, await named('github.bert'))).rejects.toMatchObject({
      code: 'approval.own_work',
    });
  });

  it('leaves the person what it may do with what it asked for, and nobody else', async () => {
    await asks(account('ida'));
    const [ida, other] = [await person('ida', ['requester']), await person('ivo', ['requester'])];
    await link(ida, 'ida');
    const { id } = (await plane.jobs()).at(-1)!;
    const cancel = (caller: Principal) =>
      plane.changes.run((change) => plane.app.get(SubmitService).cancel(change, caller, id, 'no'));
    await expect(cancel(other)).rejects.toMatchObject({ code: 'auth.forbidden' });
    await cancel(ida);
  });

  it('is told apart from others that had the login, by its number', async () => {
    const [old, fresh] = [account('twin'), account('twin')];
    await asks(old);
    const cleo = await person('cleo');
    await link(cleo, 'twin', fresh.id);
    await expect(link(await person('carl'), 'twin')).rejects.toMatchObject({
      code: 'identity.exists',
      message: expect.stringContaining(`${old.id}, ${fresh.id}`),
    });
    expect((await identities.principalOf(old))?.name).toBe('github.twin');
  });

  it('follows the person who turns out to be another, and never stands in a chain', async () => {
    const [first, second] = [account('first'), account('second')];
    await asks(first);
    await asks(second);
    await link(await named('github.first'), 'second');
    const dora = await person('dora');
    await link(dora, 'first');
    for (const one of [first, second]) expect((await identities.principalOf(one))?.id).toBe(dora.id);
    const names = ['github.first', 'github.second'];
    for (const name of names) expect((await named(name)).standsFor).toBe(dora.id);
    // Whoever names what stands for her means her; so there is no way around.
    expect(await link(await named('github.first'), 'second')).toMatchObject({ principalId: dora.id });
    const third = account('third');
    expect(await link(await named('github.second'), 'third', third.id)).toMatchObject({
      principalId: dora.id,
    });
    const to = (id: string | null, name: string) =>
      plane.query(`UPDATE principals SET stands_for = $1 WHERE name = $2`, [id, name]);
    await expect(to(null, 'github.first')).rejects.toThrow('for good');
    await expect(to(plane.admin.id, 'github.first')).rejects.toThrow('for good');
    await expect(to((await named('github.first')).id, 'admin')).rejects.toThrow('cannot stand for');
  });
});

describe('an account stays where its principal is one of its own:', () => {
  const taken = async (login: string, change: (made: Principal) => Promise<unknown>) => {
    await asks(account(login));
    await change(await named(`github.${login}`));
    const other = await person(`${login}-2`);
    await expect(link(other, login)).rejects.toMatchObject({
      code: 'identity.exists',
      message: expect.stringContaining(`stands for github.${login} already, a principal of its own`),
    });
    expect((await named(`github.${login}`)).standsFor).toBeUndefined();
  };

  it('with a further role', () =>
    taken('eve', ({ id }) =>
      plane.query(`UPDATE principals SET roles = '{requester,viewer}' WHERE id = $1`, [id]),
    ));
  it('with a token, revoked as it may be', () =>
    taken('finn', async ({ id }) => {
      const token = { principalId: id, name: 't', expiresInDays: 1 };
      const issued = await plane.changes.run((change) => access.issueToken(change, token, 'test'));
      await plane.changes.run((change) => access.revokeToken(change, issued.token.id, 'test'));
    }));
  it('with a name that was given to it', async () => {
    const gina = await person('gina', ['requester']);
    await link(gina, 'gina-l');
    await expect(link(await person('gina-2'), 'gina-l')).rejects.toMatchObject({ code: 'identity.exists' });
  });
  it('and goes to no agent or worker', async () => {
    const bot = await plane.changes.run((change) =>
      access.createPrincipal(change, { name: 'bot', kind: 'agent', roles: ['agent'] }, 'test'),
    );
    await asks(account('hans'));
    await expect(link(bot, 'hans')).rejects.toMatchObject({ code: 'request.invalid' });
  });
});
