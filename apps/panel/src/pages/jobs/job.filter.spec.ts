import { describe, expect, it } from '@jest/globals';
import { filterOf, isFiltered, nameFault, queryOf, searchOf } from './job.filter.js';

describe('the filter of the job list', () => {
  it('goes into the address and comes back the same', () => {
    const filter = { live: 'live', repository: 'acme/widgets', name: 'fix-typo' } as const;
    expect(filterOf(new URLSearchParams(searchOf(filter)))).toEqual(filter);
    expect(queryOf(filter)).toEqual({ live: 'true', repository: 'acme/widgets', name: 'fix-typo' });
  });

  it('never asks the server what it would refuse', () => {
    const filter = filterOf(
      new URLSearchParams({ show: 'nonsense', name: 'Not A Name', repository: '../x' }),
    );
    expect(queryOf(filter)).toEqual({});
    expect(nameFault(filter)).toEqual(expect.any(String));
    expect(isFiltered(filter)).toBe(true);
    expect(isFiltered(filterOf(new URLSearchParams()))).toBe(false);
  });
});
