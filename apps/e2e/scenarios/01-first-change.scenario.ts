import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@gatehouse/client';
import { JobSpec, type Job } from '@gatehouse/contracts';
import { approvalIn, readJob } from '../src/examples.js';
import { sandboxes } from '../src/machine.js';
import { untilPhase, type Plane, type Target } from '../src/plane.js';

export const firstChange = (started: () => Plane): void => {
  let plane: Plane;
  let target: Target;
  let requester: Client;
  let approver: Client;

  beforeAll(async () => {
    plane = started();
    target = await plane.repository('first', { 'README.md': 'A target.\n', 'other.txt': 'untouched\n' });
    requester = await plane.as('first-requester', 'requester');
    approver = await plane.as('first-approver', 'approver');
    await plane.admin.call('policies.store', { body: approvalIn('first'), idempotencyKey: randomUUID() });
  });

  const branches = (): string[] =>
    target.git('for-each-ref', '--format=%(refname)', 'refs/heads').split('\n');

  describe.each(sandboxes())('in %s', (kind) => {
    let before: string[];
    beforeAll(() => {
      before = branches();
    });
    const submit = async (file: string, by: Client = requester): Promise<Job> =>
      by.call('jobs.create', {
        body: JobSpec.parse(readJob(file, { repository: 'first', requires: { kinds: [kind] } })),
        idempotencyKey: randomUUID(),
      });
    const promotionOf = async (job: Job) => {
      const { items } = await requester.call('promotions.list', { query: { sessionId: job.sessionId } });
      return items[0];
    };
    const approve = async (by: Client, id: string) =>
      by.call('approvals.answer', { params: { id }, body: { answer: 'approve', reason: 'Looks right.' } });

    it('becomes a branch that is the base and the change, once somebody else said yes', async () => {
      const { id } = await submit('change-a-file.yaml');
      const waiting = await untilPhase(requester, id, 'awaiting_approval');
      expect(waiting.phase).toBe('awaiting_approval');
      expect(branches()).toEqual(before);

      const asked = await promotionOf(waiting);
      await expect(approve(requester, asked!.id)).rejects.toMatchObject({ status: 403 });
      await approve(approver, asked!.id);
      expect(await untilPhase(requester, id, 'promoted')).toMatchObject({ phase: 'promoted' });

      const { items: attempts } = await requester.call('sessions.attempts', {
        params: { id: waiting.sessionId },
      });
      expect(attempts.map(({ capability }) => capability)).toEqual([kind]);

      const { result } = (await promotionOf(waiting))!;
      expect(target.git('rev-list', '--parents', '-n', '1', result!.branch!)).toBe(
        `${result!.commit} ${target.base}`,
      );
      expect(target.git('diff-tree', '-r', '--name-status', target.base, result!.commit!)).toBe(
        'M\tREADME.md',
      );
      expect(target.git('show', `${result!.commit}:README.md`)).toBe(
        'A target.\n\nThis line went through Gatehouse.',
      );
      expect(target.git('rev-parse', 'main')).toBe(target.base);
    });

    it('is refused with the reason where the agent misbehaved, and nothing of it is published', async () => {
      const { id } = await submit('misbehave.yaml');
      const job = await untilPhase(requester, id, 'refused');
      expect(job.phase).toBe('refused');
      const { items } = await requester.call('candidates.list', { query: { jobId: id } });
      const findings = items[0]?.verdict?.gates.flatMap((gate) => gate.findings) ?? [];
      expect(findings).toContainEqual(
        expect.objectContaining({
          code: 'path.forbidden',
          severity: 'block',
          path: '.github/workflows/x.yml',
        }),
      );
      const { items: attempts } = await requester.call('sessions.attempts', {
        params: { id: job.sessionId },
      });
      expect(attempts[0]?.report).toMatchObject({ killedProcesses: expect.any(Number) });
      expect(branches()).toHaveLength(before.length + 1);
    });

    it('is a noop where nothing changed', async () => {
      const { id } = await submit('change-nothing.yaml');
      expect(await untilPhase(requester, id, 'noop')).toMatchObject({ phase: 'noop' });
    });

    it('leaves a ledger that verifies', async () => {
      const report = await plane.admin.call('ledger.verify', { query: {} });
      expect(report).toMatchObject({ ok: true, faults: [] });
      expect(report.streams).toBeGreaterThanOrEqual(5);
    });
  });
};
