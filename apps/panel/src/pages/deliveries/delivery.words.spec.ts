import { describe, expect, it } from '@jest/globals';
import { eventFault, filterOf, queryOf, searchOf } from './delivery.filter.js';
import { laidOut, outcomeSentence, payloadOf, whatWord } from './delivery.words.js';

const outcome = { what: 'job', reason: 'It became a job.' };

describe('words of a delivery', () => {
  it('says what came of it, and nothing of what came before it was sent again', () => {
    expect(outcomeSentence({ state: 'received', outcome: null })).toBe('Waits to be handled.');
    expect(outcomeSentence({ state: 'received', outcome })).toBe('Waits to be handled once more.');
    expect(outcomeSentence({ state: 'handled', outcome })).toBe('It became a job.');
  });

  it('adds a word only where it says more than the state', () => {
    expect(whatWord({ state: 'handled', outcome })).toBe('job');
    expect(whatWord({ state: 'received', outcome })).toBeNull();
    expect(whatWord({ state: 'ignored', outcome: { ...outcome, what: 'ignored' } })).toBeNull();
  });

  it('lays JSON out, and leaves what is none as it came', () => {
    expect(laidOut('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(laidOut('{"a":')).toBe('{"a":');
  });

  it('takes an object for a payload, and says of anything else that it is none', () => {
    expect(payloadOf('{"a":1}')).toEqual({ ok: true, payload: { a: 1 } });
    for (const text of ['[]', 'null', '1', '{', '']) expect(payloadOf(text).ok).toBe(false);
  });
});

describe('the filter of deliveries', () => {
  it('goes into the address and back', () => {
    const filter = { state: 'ignored', event: 'push' } as const;
    expect(filterOf(new URLSearchParams(searchOf(filter)))).toEqual(filter);
    expect(filterOf(new URLSearchParams('state=never'))).toEqual({ state: null, event: '' });
  });

  it('does not ask for an event that could not be one', () => {
    expect(queryOf({ state: null, event: 'Issue Comment' })).toEqual({});
    expect(eventFault('Issue Comment')).toMatch(/pull_request/);
    expect(queryOf({ state: 'failed', event: 'push' })).toEqual({ state: 'failed', event: 'push' });
  });
});
