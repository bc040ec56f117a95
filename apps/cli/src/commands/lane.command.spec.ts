import { sampleIds } from '@gatehouse/client/testing';
import type { Lane } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

const entry = {
  promotionId: sampleIds.promotion,
  jobId: sampleIds.job,
  jobName: 'fix-typo',
  requestedBy: { id: sampleIds.principal, name: 'ada' },
  state: 'pending' as const,
  level: 'branch' as const,
  position: 1,
  why: 'It is next.\u001b[2K',
  createdAt: '2026-01-02T03:04:05Z',
};
const lane: Lane = {
  repository: 'acme/widgets',
  target: 'main',
  generation: 3,
  running: null,
  waiting: [entry],
};

describe('lanes', () => {
  it('say whose turn it is and why the others wait', async () => {
    const handlers = { 'lanes.list': () => ({ items: [lane] }) };
    expect((await run(['lane', 'list'], { handlers })).stdout).toMatch(
      /acme\/widgets +main +1 .*It is next\./,
    );
    const shown = await run(['lane', 'show', 'acme/widgets', 'main'], { handlers });
    expect(shown.stdout).toContain('acme/widgets → main, generation 3');
    expect(shown.stdout).toContain(`  1 ${sampleIds.promotion} fix-typo ada It is next.`);
    expect(shown.stdout).not.toContain('\u001b');
  });

  it('say where nothing waits', async () => {
    const handlers = { 'lanes.list': () => ({ items: [] }) };
    expect((await run(['lane', 'list'], { handlers })).stderr).toContain('Nothing runs or waits.');
    const shown = await run(['lane', 'show', 'acme/widgets', 'main'], { handlers });
    expect(shown.stdout).toContain('Nothing runs or waits.');
  });

  it('have promotions whose preconditions are listed, with what to do', async () => {
    const checks = [
      { check: 'verdict', ok: true, why: 'It is a pass.', fix: null },
      { check: 'approvals', ok: false, why: '0 of 1 approvals count.', fix: 'Have it approved.' },
      { check: 'forge', ok: null, why: 'Asked later.', fix: null },
    ];
    const { stdout } = await run(['promotion', 'preflight', sampleIds.promotion], {
      handlers: {
        'promotions.preflight': () => ({ promotionId: sampleIds.promotion, ok: false, checks }),
      },
    });
    expect(stdout).toContain(
      [
        '✓ verdict: It is a pass.',
        '✗ approvals: 0 of 1 approvals count.',
        '    Have it approved.',
        '? forge: Asked later.',
      ].join('\n'),
    );
  });
});
