import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { envExample } from './settings.example.js';
import { readSettings, settings } from './settings.js';

describe('.env.example', () => {
  it('is the one kept in git; else run node libs/contracts/scripts/print-env-example.mjs', () => {
    const path = join(import.meta.dirname, '..', '..', '..', '.env.example');
    expect(readFileSync(path, 'utf8')).toBe(envExample());
  });

  it('says nothing but the defaults: taken as it stands without its comment signs, nothing changes', () => {
    const lines = [...envExample().matchAll(/^# ([A-Z_]+)=(.*)$/gm)];
    expect(lines.map(([, name]) => name)).toEqual(Object.keys(settings));
    const env = Object.fromEntries(lines.map(([, name, value]) => [name, value]));
    expect(readSettings(env)).toEqual(readSettings({}));
    expect(readSettings({}).ok).toBe(true);
  });
});

describe('readSettings', () => {
  it('reads durations as milliseconds, flags as booleans, and an empty text as absent', () => {
    const read = readSettings({
      GATEHOUSE_LEASE_TTL: '1s',
      GATEHOUSE_ALLOW_UNISOLATED: '1',
      GATEHOUSE_PORT: '',
    });
    expect(read).toMatchObject({
      ok: true,
      settings: { GATEHOUSE_LEASE_TTL: 1_000, GATEHOUSE_ALLOW_UNISOLATED: true, GATEHOUSE_PORT: 7070 },
    });
  });

  it('names every fault at once', () => {
    const read = readSettings({
      GATEHOUSE_PORT: '70000',
      GATEHOUSE_LEASE_TTL: 'soon',
      GATEHOUSE_ALLOW_UNISOLATED: 'true',
      GATEHOUSE_LOG_LEVEL: 'loud',
    });
    expect(read.ok).toBe(false);
    expect((read as { faults: string[] }).faults.map((fault) => fault.split(':')[0])).toEqual([
      'GATEHOUSE_PORT',
      'GATEHOUSE_ALLOW_UNISOLATED',
      'GATEHOUSE_LOG_LEVEL',
      'GATEHOUSE_LEASE_TTL',
    ]);
  });

  it.each(['0', '-1', '1.5', '1e3', ' ', '0x10', 'abc', '65536'])(
    'refuses %j as a port',
    (GATEHOUSE_PORT) => {
      expect(readSettings({ GATEHOUSE_PORT }).ok).toBe(false);
    },
  );

  it.each<[string, Record<string, string>, RegExp | undefined]>([
    ['any address without TLS', { GATEHOUSE_HOST: '0.0.0.0' }, /not loopback.*GATEHOUSE_TLS_CERT/],
    ['a certificate alone', { GATEHOUSE_TLS_CERT: '/c.pem' }, /together/],
    [
      'both, anywhere',
      { GATEHOUSE_HOST: '0.0.0.0', GATEHOUSE_TLS_CERT: '/c', GATEHOUSE_TLS_KEY: '/k' },
      undefined,
    ],
    ['loopback', { GATEHOUSE_HOST: '::1' }, undefined],
    ['what only looks like it', { GATEHOUSE_HOST: '127.0.0.1.evil.com' }, /not loopback/],
  ])('%s', (_, env, fault) => {
    const read = readSettings(env);
    expect(read.ok).toBe(fault === undefined);
    if (fault) expect(JSON.stringify(read)).toMatch(fault);
  });
});
