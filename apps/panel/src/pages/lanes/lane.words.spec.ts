import { describe, expect, it } from '@jest/globals';
import type { LaneEntry } from '@gatehouse/contracts';
import { inOrder, laneSentence, mergedOn, placeOf, roundSentence } from './lane.words.js';

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
const lane = (running: LaneEntry | null, ...waiting: LaneEntry[]) => ({
  repository: 'acme/widgets',
  target: 'main',
  generation: 4,
  running,
  waiting,
  speculation: null,
});

describe('words of a lane', () => {
  it('puts what runs first, then turns, then what may not go, by age', () => {
    const held = [entry('d', null), entry('c', null)];
    const all = inOrder(lane(entry('z', null), ...held, entry('b', 2), entry('a', 1)));
    expect(all.map(({ jobName }) => jobName)).toEqual(['z', 'a', 'b', 'c', 'd']);
    expect(all.map((one, i) => placeOf(one, i === 0))).toEqual(['now', 'next', '2.', 'not yet', 'not yet']);
  });

  it('counts what is in line apart from what may not go', () => {
    expect(laneSentence(lane(entry('z', null), entry('a', 1), entry('b', null)))).toBe(
      'one is being published, 1 in line, 1 may not go yet · run 4',
    );
    expect(laneSentence({ ...lane(null), generation: 0 })).toBe('nothing runs');
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
    const round = { state: 'passed' as const, members: 4, passed: 4, dropped: null, why: null };
    expect(roundSentence(round)).toBe('all 4 passed');
    expect(roundSentence({ ...round, members: 1, passed: 1 })).toBe('it passed');
    expect(roundSentence({ ...round, state: 'failed', passed: 2, dropped: 'prm_1' })).toBe(
      '2 of 4 passed, one was dropped',
    );
    expect(roundSentence({ ...round, state: 'void', passed: 0, why: 'main moved.' })).toBe(
      'begun anew: main moved.',
    );
    expect(roundSentence({ ...round, state: 'judging', passed: 0 })).toBe('4 are being judged');
  });
});
