import { randomUUID } from 'node:crypto';
import type { Client } from '@gatehouse/client';
import { PolicyDocument, type Promotion } from '@gatehouse/contracts';
import { until } from './forge.js';
import { handIn } from './patch.js';
import type { Plane } from './plane.js';

const repository = 'mill';

// Two sides of one price pass one by one, and fail together.
const together = 'cd changes && ! { [ -e one-price ] && [ -e other-price ]; }\n';
const names = ['one-price', 'b', 'other-price', 'd'];

interface People {
  readonly requester: Client;
  readonly approver: Client;
}

/**
 * Four changes in a speculative lane of `mill`, of which two do not go together: their promotions in the order of the
 * lane, as they wait and as they have ended.
 */
export const runStack = async (
  plane: Plane,
  { requester, approver }: People,
): Promise<{ asked: Promotion[]; ended: Promotion[] }> => {
  await plane.repository(repository, { 'changes/.keep': '', 'together.sh': together });
  await plane.admin.call('policies.store', {
    body: PolicyDocument.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Policy',
      metadata: { name: repository, layer: 'repository', repository },
      // Nobody goes before all have come.
      spec: { promotion: { speculativeWindow: 8, approvals: { quorum: 1 } } },
    }),
    idempotencyKey: randomUUID(),
  });
  for (const name of names)
    await handIn(requester, name, [`changes/${name}`, name], {
      repository,
      validation: { commands: [{ name: 'together', run: 'sh together.sh' }] },
      promotion: { level: 'branch', target: 'main' },
      limits: { appRetries: 0 },
    });
  const promotions = async (): Promise<Promotion[]> => {
    const { items } = await requester.call('promotions.list', { query: { repository, limit: 10 } });
    return items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  };
  const untilAll = (what: string, is: (promotion: Promotion) => boolean) =>
    until(what, async () => {
      const list = await promotions();
      return list.length === names.length && list.every(is) ? list : undefined;
    });
  const asked = await untilAll('all to wait for an approval', ({ state }) => state === 'awaiting_approval');
  for (const { id, candidateId } of asked)
    await approver.call('approvals.answer', {
      params: { id },
      body: { answer: 'approve', reason: 'Seen.', candidateId },
    });
  const ended = await untilAll('all to be published or dropped', ({ endedAt }) => endedAt !== null);
  return { asked, ended };
};
