import { sampleIds } from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import type { PolicyFlip, PolicySimulation } from '@gatehouse/contracts';
import { run } from '../testing/fake.io.js';

const hex = 'ab'.repeat(32);
const file = JSON.stringify({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Policy',
  metadata: { name: 'mine', layer: 'installation' },
  spec: { limits: { files: 3 } },
});
const layer = { layer: 'installation' as const, name: 'default' };

describe('policy explain', () => {
  const args = ['policy', 'explain', 'acme/widgets', 'path.change', 'src/a.ts'];
  const said = (effect: 'permit' | 'forbid') => () => ({
    ...{ effect, rule: 'allowedPaths', layer, reason: 'Because.', policyDigest: hex },
    layers: [{ ...layer, effect, rule: 'allowedPaths', reason: 'Because.' }],
  });

  it('says yes or no first, then every layer, and ends with it', async () => {
    const yes = await run(args, { handlers: { 'policies.explain': said('permit') } });
    expect([yes.code, yes.stdout.split('\n').slice(0, 2)]).toEqual([
      0,
      ['yes: Because.', '  installation default: permit. Because.'],
    ]);
    expect(yes.requests[0]?.body).toEqual({
      repository: 'acme/widgets',
      action: 'path.change',
      resource: 'src/a.ts',
      context: { tainted: false },
    });
    const no = await run([...args, '--tainted', '--level', 'branch'], {
      handlers: { 'policies.explain': said('forbid') },
    });
    expect([no.code, no.stdout.split('\n')[0]]).toEqual([1, 'no: Because.']);
    expect(no.requests[0]?.body).toMatchObject({ context: { tainted: true, level: 'branch' } });
  });

  it('names the actions where there is no such one', async () => {
    const { code, stderr, requests } = await run(['policy', 'explain', 'acme/widgets', 'path.write', 'a']);
    expect([code, requests.length]).toEqual([2, 0]);
    expect(stderr).toContain('path.change');
  });
});

describe('policy lint', () => {
  const lint = (items: unknown[]) => ({
    files: { 'p.json': file },
    handlers: { 'policies.lint': () => ({ items }) },
  });

  it('lists what is odd with place and fix, and refuses by an error', async () => {
    const item = { code: 'lint.x', field: 'spec.limits', message: 'Odd.', fix: 'Mend it.' };
    const warned = await run(['policy', 'lint', 'p.json'], lint([{ severity: 'warning', ...item }]));
    expect([warned.code, warned.stdout]).toEqual([0, 'warning spec.limits: Odd.\n    Mend it.\n']);
    expect((await run(['policy', 'lint', 'p.json'], lint([{ severity: 'error', ...item }]))).code).toBe(1);
    expect((await run(['policy', 'lint', 'p.json'], lint([]))).stdout).toBe('Nothing is odd about it.\n');
  });

  it('tells a fault of the schema without a plane', async () => {
    const files = { 'bad.json': file.replace('"files":3', '"files":-3') };
    const { code, stderr } = await run(['policy', 'lint', 'bad.json'], { files, env: {} });
    expect([code, stderr]).toEqual([2, expect.stringContaining('spec.limits.files')]);
  });
});

describe('policy simulate', () => {
  const flip: PolicyFlip = {
    ...{
      kind: 'verdict',
      id: sampleIds.verdict,
      at: '2026-01-02T03:04:05.678Z',
      sessionId: null,
      candidateId: null,
    },
    ...{ repository: 'acme/widgets', what: 'candidate calm-otter', was: 'pass', would: 'fail' },
    ...{ rule: 'tree-size', layer, reason: 'Changed files: 4; the policy allows 3.' },
  };
  const answer: PolicySimulation = {
    ...{
      examined: { decisions: 5, verdicts: 7 },
      flipped: 1,
      undetermined: 0,
      flips: [flip],
      complete: true,
    },
  };
  const setUp = { files: { 'p.json': file }, handlers: { 'policies.simulate': () => answer } };

  it('lists the flips with rule and reason', async () => {
    const { code, stdout, stderr, requests } = await run(
      ['policy', 'simulate', 'p.json', '--last', '20'],
      setUp,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/verdict +candidate calm-otter +pass +fail +tree-size/);
    expect(stderr).toBe('1 of 5 decisions and 7 verdicts would flip.\n');
    expect(requests[0]?.body).toMatchObject({ last: 20, document: { spec: { limits: { files: 3 } } } });
    const set = `pst_${sampleIds.policy.slice(4)}`;
    const back = await run(['policy', 'simulate', '--set', set, '--json'], setUp);
    expect([JSON.parse(back.stdout), back.requests[0]?.body]).toEqual([
      answer,
      { policySet: set, last: 1000 },
    ]);
  });

  it.each([
    ['neither file nor set', []],
    ['both', ['p.json', '--set', 'x']],
    ['too many', ['p.json', '--last', '10001']],
    ['no number', ['p.json', '--last', 'all']],
  ])('refuses %s', async (_, args) =>
    expect((await run(['policy', 'simulate', ...args], setUp)).code).toBe(2),
  );
});
