import { JobSpec, TriggerDocument, type Trigger } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { jobOf, type FiredBy } from './firing.job.js';

const document = TriggerDocument.parse({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Trigger',
  metadata: { name: 'fix' },
  spec: {
    repository: 'acme/widgets',
    on: { label: 'gatehouse:run' },
    job: { agent: { adapter: 'command', command: ['true'] } },
  },
});
const given = (more: Partial<FiredBy> = {}, text: Partial<FiredBy['issue']> = {}): FiredBy => ({
  trigger: { name: 'fix', repository: 'acme/widgets', document } as Trigger,
  issue: { number: 7, title: 'Title', body: 'Body', open: true, author: null, ...text },
  issueUrl: 'https://github.com/acme/widgets/issues/7',
  author: { trust: 'untrusted', reason: 'No.' },
  ...more,
});
const made = (fired: FiredBy): JobSpec => JobSpec.parse(jobOf(fired));

describe('the job that a trigger makes', () => {
  it('says who may by default, and asks for a draft pull request', () => {
    expect(document.spec.who).toEqual({ permission: 'write', unknown: 'create' });
    expect(made(given()).spec.promotion.level).toBe('draft_pr');
  });

  it('has the issue as its goal, with the digest of all of it', () => {
    const sha256 = createHash('sha256').update('Title\n\nBody').digest('hex');
    const job = made(given());
    expect(job.metadata).toEqual({ name: 'fix-7', labels: { trigger: 'fix', issue: '7' } });
    expect(job.spec.goal).toBe('Title\n\nBody');
    expect(job.spec.inputs).toEqual([
      { source: given().issueUrl, trust: 'untrusted', reason: 'No.', sha256 },
    ]);
  });

  it('adds what was written beside the command', () => {
    const job = made(given({ said: { text: 'carefully', url: 'https://github.com/x' } }));
    expect(job.spec.goal).toBe('Title\n\nBody\n\ncarefully');
    expect(job.spec.inputs?.map(({ trust }) => trust)).toEqual(['untrusted', 'trusted']);
  });

  it.each([
    ['long', 'x'.repeat(100_000)],
    ['long, with pairs', '😀'.repeat(50_000)],
    ['empty', ''],
    ['blank', ' \n '],
  ])('can be made of a body that is %s', (_what, body) => {
    const said = { text: 'y'.repeat(5_000), url: 'https://github.com/x' };
    const { goal } = made(given({ said }, { body, title: '' })).spec;
    expect(goal.length).toBeLessThanOrEqual(20_000);
    expect(goal.endsWith('yyy')).toBe(true);
  });

  it('has a goal where nothing was written at all', () => {
    expect(made(given({}, { title: ' ', body: '' })).spec.goal).toBe('Issue 7');
  });

  it.each([
    { on: { label: '' } },
    { on: {} },
    { on: { label: 'a', command: 'run' } },
    { on: { command: 'approve' } },
    { who: { permission: 'read' } },
    { job: { agent: { adapter: 'command', command: ['true'] }, goal: 'mine' } },
    { job: { agent: { adapter: 'command', command: ['true'] }, repository: 'acme/other' } },
  ])('is of no document like %j', (spec) => {
    expect(TriggerDocument.safeParse({ ...document, spec: { ...document.spec, ...spec } }).success).toBe(
      false,
    );
  });
});
