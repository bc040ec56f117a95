import { describe, expect, it } from '@jest/globals';
import { firstUidOf, identitiesFrom, isMapped, namedIds } from './identities.js';

describe('users of the processes', () => {
  it('are four numbers of the free range, the same for a data folder each time', () => {
    const first = firstUidOf('/var/lib/gatehouse/0123456789ab');
    expect(firstUidOf('/var/lib/gatehouse/0123456789ab')).toBe(first);
    for (let at = 0; at < 500; at += 1) {
      const other = firstUidOf(`/data/${at}`);
      expect(other).toBeGreaterThanOrEqual(60_706);
      expect(other + 3).toBeLessThanOrEqual(61_183);
      expect((other - 60_706) % 4).toBe(0);
    }
    const { api, engine, promoter, planeGid } = identitiesFrom(first);
    expect(new Set([api.uid, engine.uid, promoter.uid, planeGid]).size).toBe(4);
  });

  it('are looked for in passwd and in the map of the user namespace', () => {
    expect(namedIds('root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n')).toEqual([
      0, 1000,
    ]);
    expect(isMapped('         0          0 4294967295\n', 60_706, 60_709)).toBe(true);
    expect(isMapped('0 100000 65536\n', 60_706, 60_709)).toBe(true);
    expect(isMapped('0 1000 1\n1 100000 1000\n', 60_706, 60_709)).toBe(false);
  });
});
