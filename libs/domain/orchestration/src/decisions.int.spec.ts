import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JobSpec, PolicyDocument, type PolicyRules } from '@gatehouse/contracts';
import { PolicySetService, PolicyTrialService } from '@gatehouse/policy';
import { PlaneSettings } from '@gatehouse/session';
import { SimulationService } from '@gatehouse/validation';
import { OrchestrationFixture } from './orchestration.fixture.js';
import { RuleService } from './rule.service.js';
import { SubmitService } from './submit.service.js';

let plane: OrchestrationFixture;
beforeAll(async () => {
  plane = await OrchestrationFixture.start();
});
afterAll(() => plane?.stop());

const publish = (spec: PolicyRules) =>
  plane.changes.run((change) =>
    plane.app.get(PolicySetService).publish(
      change,
      PolicyDocument.parse({
        apiVersion: 'gatehouse.dev/v1',
        kind: 'Policy',
        metadata: { name: 'house', layer: 'installation' },
        spec,
      }),
      plane.requester,
    ),
  );

const trials = () => plane.app.get(PolicyTrialService);

describe('the decisions of a job', () => {
  it('are stored with it, and once more when it is to be published', async () => {
    const { sessionId } = await plane.submit({ promotion: { level: 'branch' } });
    const asked = async () => {
      const { items } = await trials().page({ limit: 50, session: sessionId });
      return items.map(({ action, resource, effect }) => `${action} ${resource} ${effect}`);
    };
    const atIntake = [
      'job.submit widgets permit',
      'agent.use command permit',
      'command.run true permit',
      'promotion.request branch/main permit',
      'capability.use docker_sandbox permit',
      'capability.use process_sandbox permit',
    ];
    expect((await asked()).sort()).toEqual([...atIntake].sort());
    const granted = await plane.begin();
    await plane.completePatch(granted, 'changed\n');
    await plane.drain(['candidate.assess']);
    expect((await asked()).sort()).toEqual([...atIntake, 'promotion.request branch/main permit'].sort());
  });

  it('flip under a policy that would not have taken it, and its verdict with them', async () => {
    const document = PolicyDocument.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Policy',
      metadata: { name: 'patches', layer: 'installation' },
      spec: { adapters: ['patch'], promotion: { maxLevel: 'patch' } },
    });
    const { flips } = await plane.app.get(SimulationService).simulate({ document, last: 100 });
    expect(
      flips.map(({ what, would, rule }) => `${what.replace(/ate .*/, 'ate')}: ${would} by ${rule}`).sort(),
    ).toEqual([
      'agent.use command: forbid by adapters',
      'candidate: fail by spec.agent.adapter',
      'promotion.request branch/main: forbid by promotion.maxLevel',
      'promotion.request branch/main: forbid by promotion.maxLevel',
    ]);
  });

  it('are kept of a job that was refused, too', async () => {
    const document = PolicyDocument.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Policy',
      metadata: { name: 'patches', layer: 'installation' },
      spec: { adapters: ['patch'] },
    });
    await plane.changes.run((change) =>
      plane.app.get(PolicySetService).publish(change, document, plane.requester),
    );
    await expect(plane.submit()).rejects.toMatchObject({ code: 'policy.denied' });
    const spec = JobSpec.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Job',
      metadata: { name: 'change' },
      spec: { repository: 'widgets', goal: 'x', agent: { adapter: 'command', command: ['true'] } },
    });
    const prepared = await plane.app.get(SubmitService).prepare(spec);
    await plane.changes.run((change) =>
      plane.app.get(RuleService).noteRefusal(change, plane.requester, prepared),
    );
    const { items } = await trials().page({ limit: 50 });
    expect(items.filter(({ sessionId }) => sessionId === null)).toContainEqual(
      expect.objectContaining({
        action: 'agent.use',
        resource: 'command',
        effect: 'forbid',
        rule: 'adapters',
      }),
    );
  });

  it('are stored once more at a claim where the policy changed since, and not where it did not', async () => {
    const decided = async (sessionId: string) =>
      (await trials().page({ limit: 50, session: sessionId })).items;
    await publish({});
    const { id, sessionId } = await plane.submit({ requires: { kinds: ['process_sandbox'] } });
    const atIntake = await decided(sessionId);
    await publish({ forbiddenPaths: ['secret/**'] });
    const granted = await plane.claim();
    const atClaim = (await decided(sessionId)).slice(0, -atIntake.length);
    const inShort = (items: typeof atClaim) =>
      items.map(({ action, resource, effect }) => `${action} ${resource} ${effect}`).sort();
    expect(inShort(atClaim)).toEqual(inShort(atIntake));
    expect(atClaim[0]!.policyDigest).not.toBe(atIntake[0]!.policyDigest);
    expect(granted).toBeDefined();
    await plane.cancel(id);

    const unchanged = await plane.submit();
    const before = await decided(unchanged.sessionId);
    await plane.claim();
    expect(await decided(unchanged.sessionId)).toEqual(before);
    await plane.cancel(unchanged.id);

    const refused = await plane.submit();
    await publish({
      rules: [{ id: 'no', effect: 'forbid', actions: ['agent.use'], reason: 'Under review.' }],
    });
    expect(await plane.claim()).toBeUndefined();
    expect((await plane.session(refused.sessionId)).reasonMessage).toContain('Under review.');
    expect(await decided(refused.sessionId)).toContainEqual(
      expect.objectContaining({ action: 'agent.use', effect: 'forbid', rule: 'no' }),
    );
    await publish({});
  });

  it('are stored once more where a change is judged again, with the sentence that a claim would give', async () => {
    const { sessionId } = await plane.submit({ promotion: { level: 'branch' } });
    await plane.completePatch(await plane.begin(), 'once more\n');
    await plane.drain(['candidate.assess']);
    await publish({ rules: [{ id: 'late', effect: 'forbid', actions: ['agent.use'] }] });
    await plane.drain();
    expect(await plane.ending(sessionId)).toBe('failed policy.denied');
    expect((await plane.session(sessionId)).reasonMessage).toMatch(
      /^The policy has changed and refuses this job: spec\.agent\.adapter: The rule late of the installation/,
    );
    const { items } = await trials().page({ limit: 50, session: sessionId });
    expect(items).toContainEqual(expect.objectContaining({ action: 'agent.use', rule: 'late' }));
    await publish({});
  });

  it('are removed, the oldest first and a batch at a time, when they were kept long enough', async () => {
    const ids = async () =>
      (await plane.query<{ id: string }>(`SELECT id FROM policy_decisions ORDER BY id`)).map(({ id }) => id);
    const [a, b, c, ...rest] = await ids();
    const kept = plane.app.get(PlaneSettings).settings.GATEHOUSE_DECISION_RETENTION;
    expect(kept).toBe(90 * 86_400_000);
    await plane.query(`UPDATE policy_decisions SET at = now() - interval '91 days' WHERE id = ANY($1)`, [
      [a, b],
    ]);
    await plane.query(`UPDATE policy_decisions SET at = now() - interval '89 days' WHERE id = $1`, [c]);
    expect(await trials().forget(kept, 1)).toBe(1);
    expect(await ids()).toEqual([b, c, ...rest]);
    await plane.sweep();
    expect(await ids()).toEqual([c, ...rest]);
  });
});
