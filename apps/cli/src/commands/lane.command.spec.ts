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
  speculation: null,
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

  it('show the stack, what each is merged on, and how the window came to be', async () => {
    const member = { jobId: sampleIds.job, ontoTree: 'a'.repeat(40), tree: 'b'.repeat(40) };
    const round = {
      ...{ head: 'c'.repeat(40), members: 2, beganAt: '2026-01-02T03:04:05Z', endedAt: null },
      ...{ passed: 0, dropped: null, changes: [], why: null },
    };
    const speculation = {
      window: 2,
      stack: [
        { ...member, promotionId: sampleIds.promotion, jobName: 'one', position: 1 },
        { ...member, promotionId: sampleIds.promotion, jobName: 'two', position: 2 },
      ].map((each, i) => ({
        ...each,
        onto: i === 0 ? [] : [sampleIds.promotion],
        state: i === 0 ? ('passed' as const) : ('dropped' as const),
        why: i === 0 ? null : 'tests: it failed.',
      })),
      rounds: [
        {
          ...{ ...round, number: 8, state: 'judging' as const, windowBefore: 2, windowAfter: null },
          probes: [{ position: 2, outcome: 'judging' as const, why: '' }],
        },
        {
          ...{ ...round, number: 7, state: 'failed' as const, windowBefore: 4, windowAfter: 2 },
          ...{ passed: 1, dropped: sampleIds.promotion },
          changes: [
            { promotionId: sampleIds.promotion, jobName: 'two', position: 2, state: 'dropped' as const },
          ],
          probes: [
            { position: 2, outcome: 'fail' as const, why: '' },
            { position: 1, outcome: 'pass' as const, why: '' },
          ],
        },
        {
          ...{ ...round, number: 6, state: 'void' as const, windowBefore: 4, windowAfter: 4 },
          ...{ probes: [], why: 'main moved.' },
        },
      ],
    };
    const handlers = { 'lanes.list': () => ({ items: [{ ...lane, waiting: [], speculation }] }) };
    const { stdout } = await run(['lane', 'show', 'acme/widgets', 'main'], { handlers });
    for (const line of [
      'Nothing runs or waits.',
      'speculative: 2 at once in the next round',
      `#1 ${sampleIds.promotion} one passed on the head`,
      `#2 ${sampleIds.promotion} two dropped on 1 before it: tests: it failed.`,
      'round 8 window 2 → ? judging 0 of 2 may go judged 2: judging',
      `round 7 window 4 → 2 failed 1 of 2 may go, ${sampleIds.promotion} two dropped judged 2: fail, 1: pass`,
      'round 6 window 4 → 4 void 0 of 2 may go judged nothing main moved.',
    ])
      expect(stdout.replace(/ +/g, ' ')).toContain(line);
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
