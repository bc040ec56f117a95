import { describe, expect, it } from '@jest/globals';
import { makeLog } from './worker.log.js';

describe('log of a worker', () => {
  it('never shows a credential', () => {
    const lines: string[] = [];
    const log = makeLog('info', { worker: 'w' }, { write: (line) => void lines.push(line) });
    log.info(
      {
        token: 's3cret',
        lease: { token: 's3cret' },
        a: { b: { token: 's3cret' } },
        headers: { authorization: 's3cret' },
      },
      'x',
    );
    log.child({ leaseId: 'lea_1' }).info({ grant: { lease: { token: 's3cret', id: 'lea_1' } } }, 'y');
    expect(lines.join('')).not.toContain('s3cret');
    expect(lines.join('').match(/\[redacted\]/g)?.length).toBe(5);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ worker: 'w', leaseId: 'lea_1', msg: 'y' });
  });
});
