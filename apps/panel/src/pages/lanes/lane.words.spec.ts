import { describe, expect, it } from '@jest/globals';
import type { LaneEntry } from '@gatehouse/contracts';
import { inOrder, laneSentence, placeOf } from './lane.words.js';

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
});
