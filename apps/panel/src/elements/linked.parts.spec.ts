import { describe, expect, it } from '@jest/globals';
import { parted } from './linked.parts.js';

const id = 'job_01K00000000000000000000000';

describe('a sentence of the server', () => {
  it('is parted by the jobs that it names', () => {
    expect(parted(`The job of the run before, ${id}, has not ended.`)).toEqual([
      { text: 'The job of the run before, ', jobId: null },
      { text: id, jobId: id },
      { text: ', has not ended.', jobId: null },
    ]);
    expect(parted(id)).toEqual([{ text: id, jobId: id }]);
  });

  it('is left whole where it names none', () => {
    for (const text of ['Nothing to see.', `x${id}`, `${id}0`, 'job_1'])
      expect(parted(text)).toEqual([{ text, jobId: null }]);
  });
});
