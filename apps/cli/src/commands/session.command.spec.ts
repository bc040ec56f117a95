import { sampleAttempt, sampleEvent, sampleIds } from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import { jsonLines, run } from '../testing/fake.io.js';

describe('verify', () => {
  const report = { ok: true, streams: 2, events: 9, checkpoint: null, faults: [] };
  const fault = { streamId: sampleIds.session, seq: 3, kind: 'edited', message: 'the hash does not fit' };

  it('ends with 0 where all is well and with 1 where it is not', async () => {
    const clean = await run(['verify'], { handlers: { 'ledger.verify': () => report } });
    expect([clean.code, clean.stdout.split('\n')[0]]).toEqual([0, 'Clean: 9 events in 2 streams']);
    const edited = await run(['verify', '--session', sampleIds.session], {
      handlers: { 'ledger.verify': () => ({ ...report, ok: false, faults: [fault] }) },
    });
    expect(edited.code).toBe(1);
    expect(edited.stdout).toContain(`✗ ${sampleIds.session} #3: edited: the hash does not fit`);
    expect(edited.requests[0]?.query).toEqual({ stream: sampleIds.session });
  });
});

describe('a suspended session', () => {
  it('goes on with the reason given, and without one nothing is asked', async () => {
    const resumed = {
      ...{ id: sampleIds.session, jobId: sampleIds.job, parentId: null, path: '/change', state: 'running' },
      ...{ outcome: null, suspendedBecause: null, reason: null, base: null, candidateId: null },
      ...{ createdAt: '2026-01-01T00:00:00.000Z', endedAt: null },
    };
    const { code, requests, stdout } = await run(
      ['session', 'resume', sampleIds.session, '--reason', 'looked at'],
      { handlers: { 'sessions.resume': () => resumed } },
    );
    expect([code, requests[0]?.body]).toEqual([0, { reason: 'looked at' }]);
    expect(stdout).toContain('goes on');
    const without = await run(['session', 'resume', sampleIds.session], { handlers: {} });
    expect([without.code, without.requests]).toEqual([2, []]);
  });
});

describe('events and output', () => {
  it('prints a history page by page, one JSON value a line', async () => {
    const all = Array.from({ length: 5 }, (_, i) => sampleEvent(i + 1));
    const { stdout, requests } = await run(
      ['session', 'events', sampleIds.session, '--json', '--after', '1'],
      {
        handlers: {
          'sessions.events': ({ query }) => {
            const items = all.filter(({ seq }) => seq > Number(query['after'])).slice(0, 2);
            return { items, next: items.at(-1)?.seq ?? Number(query['after']) };
          },
        },
      },
    );
    expect((jsonLines(stdout) as { seq: number }[]).map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
    expect(requests).toHaveLength(3);
  });

  it('splits the output of an attempt onto stdout and stderr, cleaned, and ends with a running attempt unless told to follow', async () => {
    const { code, stdout, stderr } = await run(['attempt', 'output', sampleIds.attempt], {
      handlers: {
        'attempts.get': () => sampleAttempt(),
        'attempts.output': ({ query }) => {
          const text = query['stream'] === 'stderr' ? 'bad\n' : 'good\u001b[1m\nhalf';
          return { text, from: 0, next: text.length, size: text.length, truncated: false, sealed: false };
        },
      },
    });
    expect([code, stdout, stderr]).toEqual([0, 'good\nhalf\n', 'bad\n']);
  });

  it('follows until the attempt has ended, and loses nothing of a last line', async () => {
    let asked = 0;
    const { stdout } = await run(['attempt', 'output', sampleIds.attempt, '-f', '--stdout'], {
      handlers: {
        'attempts.get': () => sampleAttempt({ state: asked++ === 0 ? 'running' : 'succeeded' }),
        'attempts.output': ({ query }) => {
          const all = asked < 2 ? 'one\nt' : 'one\ntwo';
          const text = all.slice(Number(query['from']));
          return {
            text,
            from: Number(query['from']),
            next: all.length,
            size: all.length,
            truncated: false,
            sealed: asked > 1,
          };
        },
      },
    });
    expect(stdout).toBe('one\ntwo\n');
  });
});
