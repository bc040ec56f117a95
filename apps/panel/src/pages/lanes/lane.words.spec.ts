import { describe, expect, it } from '@jest/globals';
import type { Lane, LaneEntry, LaneRound, StackEntry } from '@gatehouse/contracts';
import {
  inOrder,
  judgedWords,
  laneSentence,
  mergedOn,
  namesOf,
  partsOf,
  placeOf,
  roundSentence,
  withNames,
} from './lane.words.js';

const entry = (jobName: string, position: number | null, createdAt = jobName): LaneEntry => ({
  promotionId: jobName,
  jobId: 'job_01K00000000000000000000000',
  jobName,
  requestedBy: { id: 'prn_01K00000000000000000000000', name: 'bob' },
  state: 'pending',
  level: 'branch',
  position,
  why: '',
  createdAt,
});
const lane = (running: LaneEntry | null, ...waiting: LaneEntry[]): Lane => ({
  repository: 'acme/widgets',
  target: 'main',
  generation: 4,
  running: running && { ...running, state: 'running' },
  waiting,
  speculation: null,
});

const promotion = (n: number): string => `prm_${String(n).padStart(26, '0')}`;
const round: LaneRound = {
  number: 2,
  state: 'judging',
  head: 'a'.repeat(40),
  windowBefore: 4,
  windowAfter: null,
  members: 2,
  changes: [],
  passed: 0,
  dropped: null,
  probes: [],
  why: null,
  beganAt: '2026-01-02T03:04:05Z',
  endedAt: null,
};
const stacked = (promotionId: string): StackEntry => ({
  promotionId,
  jobId: 'job_01K00000000000000000000000',
  jobName: promotionId,
  position: 1,
  onto: [],
  ontoTree: 'b'.repeat(40),
  tree: 'c'.repeat(40),
  state: 'judging',
  why: null,
});

describe('words of a lane', () => {
  it('puts what runs first, then turns, then what may not go, by age', () => {
    const held = [entry('d', null), entry('c', null)];
    const all = inOrder(lane(entry('z', null), ...held, entry('b', 2), entry('a', 1)));
    expect(all.map(({ jobName }) => jobName)).toEqual(['z', 'a', 'b', 'c', 'd']);
    expect(all.map(placeOf)).toEqual(['now', 'next', '2.', 'not yet', 'not yet']);
  });

  it('counts what is in line apart from what may not go', () => {
    expect(laneSentence(lane(entry('z', null), entry('a', 1), entry('b', null)))).toBe(
      'one is being published, 1 in line, 1 may not go yet',
    );
    expect(laneSentence(lane(null))).toBe('nothing is being published');
  });

  it('tell what is judged now from what goes and what waits behind it', () => {
    const all = lane(entry('z', null), entry('a', 1), entry('b', null), entry('c', null));
    const speculation = { window: 4, stack: [stacked('b')], rounds: [round] };
    const ids = (of: Lane) =>
      Object.values(partsOf(of)).map((part) => part.map(({ promotionId }) => promotionId).join(' '));
    expect(ids({ ...all, speculation })).toEqual(['z a', 'b', 'c']);
    expect(laneSentence({ ...all, speculation })).toBe(
      'one is being published, 1 in line, 1 judged together, 1 waits',
    );
    // What a round that is over says of nothing waits for the next one.
    const over = { ...speculation, rounds: [{ ...round, state: 'failed' as const }] };
    expect(ids({ ...all, speculation: over })).toEqual(['z a', '', 'b c']);
  });

  it('call promotions by their jobs where the lane knows them', () => {
    const changes = [
      { promotionId: promotion(1), jobName: 'oil-the-axle', position: 1, state: 'passed' as const },
    ];
    const speculation = { window: 4, stack: [], rounds: [{ ...round, changes }] };
    const names = namesOf({ ...lane(null), speculation });
    expect(withNames(`${promotion(1)}, ${promotion(2)} touch a.`, names)).toBe(
      `oil-the-axle, ${promotion(2)} touch a.`,
    );
    const many = [1, 2, 3].map(promotion).join(', ');
    expect(withNames(`Both it and ${many}, which wait, touch a.`, names)).toBe(
      'Both it and 3 changes, which wait, touch a.',
    );
  });

  it('say what a change of a stack is merged on', () => {
    expect(mergedOn({ position: 1, onto: [] }, 'main')).toBe('on the head of main');
    expect(mergedOn({ position: 2, onto: ['prm_1'] }, 'main')).toBe('on the 1 before it in the stack');
    expect(mergedOn({ position: 1, onto: ['prm_1', 'prm_2'] }, 'main')).toBe(
      'on 2 that were published or are about to be',
    );
    expect(mergedOn({ position: 2, onto: ['prm_1', 'prm_2', 'prm_3'] }, 'main')).toBe(
      'on the 1 before it in the stack, and 2 that were published or are about to be',
    );
  });

  it('say what came of a round', () => {
    const passed = { state: 'passed' as const, members: 4, passed: 4, why: null };
    expect(roundSentence(passed)).toBe('All 4 may go.');
    expect(roundSentence({ ...passed, members: 1, passed: 1 })).toBe('One may go.');
    expect(roundSentence({ ...passed, state: 'failed', passed: 2 })).toBe(
      '2 of 4 may go, one was dropped, 1 begins anew.',
    );
    expect(roundSentence({ ...passed, state: 'failed', members: 1, passed: 0 })).toBe(
      'None may go, one was dropped.',
    );
    expect(roundSentence({ ...passed, state: 'void', passed: 0, why: 'main moved.' })).toBe(
      'Said nothing any more: main moved.',
    );
    expect(roundSentence({ ...passed, state: 'judging', passed: 0 })).toBe('4 are being judged.');
  });

  it('say which stacks of a round were judged', () => {
    const probe = (position: number, outcome: 'fail' | 'pass' | 'judging') => ({
      position,
      outcome,
      why: '',
    });
    expect(
      judgedWords({ members: 4, probes: [probe(4, 'fail'), probe(2, 'pass'), probe(3, 'judging')] }),
    ).toBe('all 4: failed, the first 2: passed, the first 3: judged now');
    expect(judgedWords({ members: 1, probes: [probe(1, 'pass')] })).toBe('it: passed');
    expect(judgedWords({ members: 2, probes: [] })).toBe('nothing had to run');
  });
});
