import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@gatehouse/client';
import { PolicyDocument, type Job, type JobSpecInput, type PolicyRules } from '@gatehouse/contracts';
import { untilPhase, type Plane } from '../src/plane.js';

/** A policy is changed while work is under way: what is published is what the policy in force allows. */
export const policyOverTime = (started: () => Plane): void => {
  let plane: Plane;
  let requester: Client;
  let approver: Client;

  beforeAll(async () => {
    plane = started();
    requester = await plane.as('rita', 'requester');
    approver = await plane.as('paul', 'approver');
  });

  const document = (repository: string, spec: PolicyRules): PolicyDocument =>
    PolicyDocument.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Policy',
      metadata: { name: 'own', layer: 'repository', repository },
      spec,
    });
  const apply = (repository: string, spec: PolicyRules) =>
    plane.admin.call('policies.store', {
      body: document(repository, spec),
      idempotencyKey: randomUUID(),
    });
  const asks = { promotion: { approvals: { quorum: 1 } } };
  const submit = (repository: string, more: Partial<JobSpecInput['spec']> = {}): Promise<Job> =>
    requester.call('jobs.create', {
      body: {
        apiVersion: 'gatehouse.dev/v1',
        kind: 'Job',
        metadata: { name: 'change' },
        spec: {
          repository,
          goal: 'Change a file',
          agent: { adapter: 'command', command: ['sh', '-c', 'echo more >> a.md'] },
          promotion: { level: 'branch' },
          ...more,
        },
      },
      idempotencyKey: randomUUID(),
    });
  const promotionsOf = async ({ sessionId }: Job) =>
    (await requester.call('promotions.list', { query: { sessionId } })).items;
  const approve = async (job: Job): Promise<void> => {
    const waiting = (await promotionsOf(job)).find(({ state }) => state === 'awaiting_approval');
    await approver.call('approvals.answer', {
      params: { id: waiting!.id },
      body: { answer: 'approve', reason: 'Looks right.' },
    });
  };

  it('refuses after an approval what was forbidden in the meantime', async () => {
    const target = await plane.repository('tightened', { 'a.md': 'A\n' });
    await apply('tightened', asks);
    const job = await submit('tightened');
    await untilPhase(requester, job.id, 'awaiting_approval');
    await apply('tightened', { ...asks, forbiddenPaths: ['a.md'] });
    await approve(job);
    const ended = await untilPhase(requester, job.id, 'refused');
    expect([ended.phase, ended.reason]).toEqual(['refused', expect.stringContaining('forbids this path')]);
    expect(target.git('for-each-ref', '--format=%(refname)', 'refs/heads')).toBe('refs/heads/main');
    expect((await promotionsOf(job)).map(({ state, reason }) => [state, reason?.code])).toEqual([
      ['discarded', 'policy.changed'],
    ]);
  });

  it('asks people again, runs the commands again, and publishes what still passes', async () => {
    const target = await plane.repository('widened', { 'a.md': 'A\n' });
    await apply('widened', asks);
    const job = await submit('widened');
    await untilPhase(requester, job.id, 'awaiting_approval');
    await apply('widened', {
      ...asks,
      commands: [{ name: 'reads', run: 'grep -q more a.md', timeout: '5m' }],
    });
    await approve(job);
    let promotions = await promotionsOf(job);
    const isAskedAgain = () => promotions.length > 1 && promotions[0]?.state === 'awaiting_approval';
    for (let i = 0; i < 1_200 && !isAskedAgain(); i++) {
      await sleep(100);
      promotions = await promotionsOf(job);
    }
    expect(promotions.map(({ state }) => state)).toEqual(['awaiting_approval', 'discarded']);
    expect(promotions[1]?.supersededBy).toBe(promotions[0]?.id);
    await approve(job);
    const ended = await untilPhase(requester, job.id, 'promoted');
    expect(ended.phase).toBe('promoted');
    const { items } = await requester.call('sessions.attempts', { params: { id: job.sessionId } });
    expect(items.map(({ purpose, state }) => [purpose, state])).toEqual([
      ['agent', 'succeeded'],
      ['validate', 'succeeded'],
    ]);
    expect(target.git('for-each-ref', '--format=%(refname)', 'refs/heads/gatehouse')).not.toBe('');
  });

  it('asks for more where the job was made of the words of strangers', async () => {
    await plane.repository('tainted', { 'a.md': 'A\n' });
    await apply('tainted', {
      rules: [
        {
          id: 'strangers',
          effect: 'require_approval',
          actions: ['promotion.request'],
          when: { tainted: true },
          reason: "The text of the issue is a stranger's.",
        },
        {
          id: 'no-docker',
          effect: 'forbid',
          actions: ['command.run'],
          resources: ['bash'],
          when: { tainted: true },
        },
      ],
    });
    const inputs = [{ source: 'https://example.org/issues/7', trust: 'untrusted' as const }];
    const plain = await submit('tainted');
    const tainted = await submit('tainted', { inputs });
    expect((await untilPhase(requester, plain.id, 'promoted')).phase).toBe('promoted');
    expect((await untilPhase(requester, tainted.id, 'awaiting_approval')).phase).toBe('awaiting_approval');
    await expect(
      submit('tainted', { inputs, agent: { adapter: 'command', command: ['bash', '-c', 'true'] } }),
    ).rejects.toMatchObject({ status: 403, code: 'policy.denied' });
    const { items } = await requester.call('sessions.events', { params: { id: tainted.sessionId } });
    expect(items.find(({ type }) => type === 'session.tainted')?.payload).toEqual({
      taint: [{ source: inputs[0]!.source }],
    });
    await approve(tainted);
    expect((await untilPhase(requester, tainted.id, 'promoted')).phase).toBe('promoted');
  });

  it('goes back to an earlier set in one step', async () => {
    await plane.repository('returned', { 'a.md': 'A\n' });
    await apply('returned', { allowedPaths: [] });
    const { items } = await plane.admin.call('policySets.list', { query: { limit: 2 } });
    await untilPhase(requester, (await submit('returned')).id, 'refused');
    const set = await plane.admin.call('policySets.create', {
      body: { restore: items[1]!.id, reason: 'too tight' },
      idempotencyKey: randomUUID(),
    });
    expect(set).toMatchObject({ active: true, restores: items[1]!.id, digest: items[1]!.digest });
    const job = await submit('returned');
    expect((await untilPhase(requester, job.id, 'promoted')).phase).toBe('promoted');
  });

  it('is activated by another person where the policy says so', async () => {
    const [ann, bob] = [await plane.as('ann', 'admin'), await plane.as('bob', 'admin')];
    await plane.repository('guarded', { 'a.md': 'A\n' });
    const store = (by: Client, activate: 'true' | 'false') =>
      by.call('policies.store', {
        body: document('guarded', {}),
        query: { activate },
        idempotencyKey: randomUUID(),
      });
    const house = PolicyDocument.parse({
      ...document('guarded', { activation: 'another_person' }),
      metadata: { name: 'house', layer: 'installation' },
    });
    await ann.call('policies.store', { body: house, idempotencyKey: randomUUID() });
    await expect(store(ann, 'true')).rejects.toMatchObject({ status: 403, code: 'policy.own_work' });
    const stored = await store(ann, 'false');
    expect(stored.active).toBe(false);
    const body = { policies: [stored.id], reason: '' };
    await expect(ann.call('policySets.create', { body, idempotencyKey: randomUUID() })).rejects.toMatchObject(
      { code: 'policy.own_work' },
    );
    const set = await bob.call('policySets.create', { body, idempotencyKey: randomUUID() });
    expect(set.members.map(({ policyId }) => policyId)).toContain(stored.id);
  });
};
