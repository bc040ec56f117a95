import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PolicyDocument, type GatehouseError, type PolicyRule, type PolicyRules } from '@gatehouse/contracts';
import { PolicySetService } from '@gatehouse/policy';
import { PromotionService } from '@gatehouse/promotion';
import { RepositoryService } from '@gatehouse/session';
import { OrchestrationFixture } from './orchestration.fixture.js';

/** Every field of a policy, and an attempt that it stops; docs/policy.md lists them. */

type Document = { layer?: string; organisation?: string; repository?: string; capability?: string };
const forbid = (action: PolicyRule['actions'][number], more: Partial<PolicyRule> = {}): PolicyRules => ({
  rules: [{ id: 'no', effect: 'forbid', actions: [action], ...more }],
});
const look = { validation: { commands: [{ name: 'look', run: 'true' }] } };

describe('a policy', () => {
  let plane: OrchestrationFixture;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
    const repositories = plane.app.get(RepositoryService);
    const row = await repositories.prepare({ name: 'acme/widgets', source: plane.source, mode: 'live' });
    await plane.changes.run((change) => repositories.add(change, row, plane.requester));
  });
  afterEach(async () => {
    await publish({});
    await publish({}, { layer: 'organisation', organisation: 'acme' });
    await publish({}, { layer: 'capability', capability: 'process_sandbox' });
  });
  afterAll(() => plane.stop());

  const publish = (spec: PolicyRules, about: Document = { layer: 'installation' }) =>
    plane.changes.run((change) =>
      plane.app.get(PolicySetService).publish(
        change,
        PolicyDocument.parse({
          apiVersion: 'gatehouse.dev/v1',
          kind: 'Policy',
          metadata: { name: 'test', ...about },
          spec,
        }),
        plane.requester,
      ),
    );
  const refusal = async (more: Record<string, unknown>) => {
    const error = (await plane.submit(more).then(
      () => undefined,
      (cause: unknown) => cause,
    )) as GatehouseError | undefined;
    expect(error).toMatchObject({ code: 'policy.denied', status: 403 });
    return error?.details?.errors as { path: string; rule?: string; layer?: string }[];
  };
  const promote = async (more: Record<string, unknown> = {}) => {
    const { sessionId } = await plane.submit(more);
    await plane.completePatch(await plane.begin(), 'another line\nand one more\n');
    await plane.drain();
    return sessionId;
  };
  const promotionOf = (sessionId: string) => plane.app.get(PromotionService).latestFor(sessionId);

  it.each<[string, PolicyRules, Record<string, unknown>, string]>([
    ['adapters', { adapters: ['patch'] }, {}, 'spec.agent.adapter'],
    [
      'capabilities',
      { capabilities: ['docker_sandbox'] },
      { requires: { kinds: ['process_sandbox'] } },
      'spec.requires.kinds[0]',
    ],
    ['images', { images: ['node-*'] }, look, 'spec.validation.image'],
    [
      'limits.executionMinutes',
      { limits: { executionMinutes: 5 } },
      { limits: { execution: '6m' } },
      'spec.limits.execution',
    ],
    ['limits.rounds', { limits: { rounds: 1 } }, { limits: { rounds: 2 } }, 'spec.limits.rounds'],
    ['limits.maxTokens', { limits: { maxTokens: 1 } }, { limits: { maxTokens: 2 } }, 'spec.limits.maxTokens'],
    [
      'limits.maxCostUsd',
      { limits: { maxCostUsd: 0.5 } },
      { limits: { maxCostUsd: 0.51 } },
      'spec.limits.maxCostUsd',
    ],
    ['promotion.maxLevel', { promotion: { maxLevel: 'patch' } }, {}, 'spec.promotion.level'],
    [
      'promotion.targets',
      { promotion: { targets: ['release/*'] } },
      { promotion: { target: 'main' } },
      'spec.promotion.target',
    ],
    ['gates (one that is not there)', { gates: { required: ['secretz'] } }, {}, 'gates'],
    ['policy of a job that widens', {}, { policy: { limits: { files: 101 } } }, 'limits.files'],
  ])('stops a job by %s, before anything runs', async (_, spec, more, place) => {
    await publish(spec);
    expect((await refusal(more)).map(({ path }) => path)).toEqual([place]);
  });

  it.each<[PolicyRule['actions'][number], Partial<PolicyRule>, Record<string, unknown>, string]>([
    ['job.submit', { resources: ['widgets'] }, {}, 'spec.repository'],
    ['job.submit', { subjects: ['role:requester'] }, {}, 'spec.repository'],
    ['agent.use', { resources: ['command'] }, {}, 'spec.agent.adapter'],
    ['capability.use', {}, {}, 'spec.requires.kinds'],
    [
      'capability.use',
      { resources: ['process_sandbox'] },
      { requires: { kinds: ['docker_sandbox', 'process_sandbox'] } },
      'spec.requires.kinds[1]',
    ],
    ['image.use', { resources: ['default'] }, look, 'spec.validation.image'],
    ['command.run', { resources: ['**/true'] }, {}, 'spec.agent.command[0]'],
    ['command.run', { resources: ['look'] }, look, 'spec.validation.commands[0]'],
    [
      'promotion.request',
      { resources: ['branch/main'] },
      { promotion: { target: 'main' } },
      'spec.promotion',
    ],
  ])('stops a job by a rule on %s %j, and names rule and layer', async (action, more, job, place) => {
    await publish(forbid(action, more));
    const errors = await refusal(job);
    expect(errors[0]).toMatchObject({ path: place, rule: 'no', layer: 'installation test' });
  });

  it.each<[string, PolicyRules, string]>([
    ['allowedPaths', { allowedPaths: ['docs/**'] }, 'path.not_allowed'],
    ['forbiddenPaths', { forbiddenPaths: ['readme.md'] }, 'path.forbidden'],
    ['runtimeArtifacts', { runtimeArtifacts: ['*.md'] }, 'path.runtime_artifact'],
    ['limits.patchBytes', { limits: { patchBytes: 10 } }, 'size.patch_bytes'],
    ['limits.files', { limits: { files: 0 } }, 'size.files'],
    ['limits.blobBytes', { limits: { blobBytes: 5 } }, 'size.blob_bytes'],
    ['limits.lineBytes', { limits: { lineBytes: 5 } }, 'size.line_bytes'],
    ['limits.inflatedBytes', { limits: { inflatedBytes: 5 } }, 'size.inflated_bytes'],
    ['limits.lines', { limits: { lines: 2 } }, 'size.lines'],
    ['rules on path.change', forbid('path.change', { resources: ['*.MD'] }), 'rule.forbids'],
  ])('stops a change by %s', async (_, spec, code) => {
    await publish(spec);
    const sessionId = await promote();
    expect(await plane.ending(sessionId)).toBe(`failed ${code}`);
    expect(await promotionOf(sessionId)).toBeUndefined();
  });

  it('stops the publishing by staged, and stores the patch', async () => {
    await publish({ staged: true });
    const sessionId = await promote();
    expect(await promotionOf(sessionId)).toMatchObject({
      level: 'patch',
      degradedBecause: expect.stringMatching(/stages/),
    });
    expect((await plane.branches()).filter((name) => name.includes(sessionId.toLowerCase()))).toEqual([]);
  });

  it('stops the publishing by promotion.approvals.quorum until somebody approves', async () => {
    await publish({ promotion: { approvals: { quorum: 1 } } });
    expect(await promotionOf(await promote())).toMatchObject({ state: 'awaiting_approval', quorum: 1 });
  });

  it('stops the publishing by a rule that asks, and an approver by a rule on approval.give', async () => {
    const asks: PolicyRule = {
      id: 'ask',
      effect: 'require_approval',
      actions: ['job.submit', 'path.change'],
      reason: 'Two pairs of eyes.',
    };
    const who: PolicyRule = {
      id: 'not-them',
      effect: 'forbid',
      actions: ['approval.give'],
      subjects: ['kind:service'],
    };
    await publish({ rules: [asks, who] });
    const promotion = await promotionOf(await promote());
    expect(promotion).toMatchObject({ state: 'awaiting_approval', quorum: 1 });
    // Why it asks stands where people answer: rule, layer and sentence, of the job and of what was found in it.
    const { askedBecause } = await plane.app.get(PromotionService).find(promotion!.id);
    const whose = { rule: 'ask', layer: { layer: 'installation', name: 'test' }, morePaths: 0 };
    const says = 'The rule ask of the installation policy test asks for an approval of';
    expect(askedBecause).toEqual([
      {
        ...whose,
        ...{ gate: null, code: null, paths: [] },
        reason: `${says} job.submit of widgets: Two pairs of eyes.`,
      },
      {
        ...whose,
        ...{ gate: 'policy-rules', code: 'rule.asks', paths: ['README.md'] },
        reason: `${says} path.change of README.md: Two pairs of eyes.`,
      },
    ]);
    const answer = async (kind: 'user' | 'service') => {
      const caller = { ...(await plane.principal(kind, ['approver'])), kind, roles: ['approver' as const] };
      return plane.changes.run((change) =>
        plane.app
          .get(PromotionService)
          .answer(change, caller, promotion!.id, { answer: 'approve', reason: '' }),
      );
    };
    await expect(answer('service')).rejects.toMatchObject({
      code: 'policy.denied',
      details: { errors: [{ path: 'answer', rule: 'not-them', layer: 'installation test' }] },
    });
    await answer('user');
    expect(await promotionOf(promotion!.sessionId)).toMatchObject({ state: 'pending' });
  });

  it('stops a job that waits for a worker when a rule joins that forbids it', async () => {
    const { sessionId } = await plane.submit();
    await publish(forbid('agent.use', { reason: 'Under review.' }));
    expect(await plane.claim()).toBeUndefined();
    expect(await plane.ending(sessionId)).toBe('failed policy.denied');
    expect((await plane.session(sessionId)).reasonMessage).toContain('Under review.');
    expect((await plane.attempts(sessionId)).map(({ state }) => state)).toEqual(['cancelled']);
  });

  it('stops jobs on the repositories of an organisation, and on no other', async () => {
    await publish(forbid('job.submit'), { layer: 'organisation', organisation: 'acme' });
    const [error] = await refusal({ repository: 'acme/widgets' });
    expect(error).toMatchObject({ path: 'spec.repository', layer: 'organisation test' });
    const { id } = await plane.submit();
    await plane.cancel(id);
  });

  it('stops jobs that may run on a kind of capability by its layer, and no other', async () => {
    await publish({ adapters: [] }, { layer: 'capability', capability: 'process_sandbox' });
    expect(await refusal({})).toMatchObject([{ path: 'spec.agent.adapter' }]);
    const { id } = await plane.submit({ requires: { kinds: ['docker_sandbox'] } });
    await plane.cancel(id);
  });
});
