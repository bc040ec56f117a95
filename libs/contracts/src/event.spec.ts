import { describe, expect, it } from '@jest/globals';
import { eventPayloads, KnownEvent, payloadOf } from './event.js';
import { eventTypes } from './ledger.js';
import { openapiDocument } from './openapi.js';

const event = {
  streamId: 'ses_01J00000000000000000000000',
  seq: 1,
  type: 'job.cancel_requested',
  at: '2026-01-01T00:00:00.000000Z',
  actor: 'engine',
  leaseGeneration: null,
  payloadSha256: 'a'.repeat(64),
  prevHash: '',
  hash: 'b'.repeat(64),
  payload: { jobId: 'job_01J00000000000000000000000', reason: 'no' } as Record<string, unknown> | null,
};

describe('the payloads of events', () => {
  it('are said for every type', () => {
    expect(Object.keys(eventPayloads).sort()).toEqual(Object.keys(eventTypes).sort());
  });

  it('are told apart by type, and may be erased', () => {
    expect(KnownEvent.safeParse(event).success).toBe(true);
    expect(KnownEvent.safeParse({ ...event, payload: null }).success).toBe(true);
    expect(KnownEvent.safeParse({ ...event, type: 'session.created' }).success).toBe(false);
    expect(KnownEvent.safeParse({ ...event, payload: { ...event.payload, more: 1 } }).success).toBe(false);
    expect(payloadOf('job.cancel_requested', event)?.reason).toBe('no');
    expect(payloadOf('session.created', event)).toBeUndefined();
    expect(payloadOf('job.cancel_requested', { ...event, payload: null })).toBeUndefined();
    expect(payloadOf('job.cancel_requested', { ...event, payload: { reason: 1 } })).toBeUndefined();
  });

  it('stand in the OpenAPI document, one schema for each type', () => {
    const { schemas } = (openapiDocument('0') as { components: { schemas: Record<string, object> } })
      .components;
    const known = schemas['KnownEvent'] as {
      oneOf: { $ref: string }[];
      discriminator: { mapping: Record<string, string> };
    };
    expect(Object.keys(known.discriminator.mapping)).toEqual(Object.keys(eventPayloads));
    for (const [type, ref] of Object.entries(known.discriminator.mapping)) {
      expect(known.oneOf).toContainEqual({ $ref: ref });
      const schema = schemas[ref.replace('#/components/schemas/', '')] as {
        properties: { type: { const: string } };
      };
      expect(schema.properties.type.const).toBe(type);
    }
  });
});
