import { describe, expect, it } from '@jest/globals';
import { readWorkerSettings } from './worker.settings.js';

const env = {
  GATEHOUSE_TOKEN_FILE: '/run/token',
  GATEHOUSE_TRUST_ZONE: 'agent',
  GATEHOUSE_WORKER_DIR: '/var/lib/w',
};

describe('settings of a worker', () => {
  it('need little', () => {
    expect(readWorkerSettings(env)).toMatchObject({
      ok: true,
      settings: {
        url: 'http://127.0.0.1:7070',
        zone: 'agent',
        slots: 2,
        allowUnisolated: false,
        logLevel: 'info',
      },
    });
    expect(readWorkerSettings({ ...env, GATEHOUSE_PORT: '7190' })).toMatchObject({
      settings: { url: 'http://127.0.0.1:7190' },
    });
  });

  it('say everything that is wrong at once', () => {
    const answer = readWorkerSettings({
      GATEHOUSE_URL: 'http://user:secret@plane',
      GATEHOUSE_TRUST_ZONE: 'both',
      GATEHOUSE_WORKER_NAME: 'Not A Name',
      GATEHOUSE_WORKER_DIR: 'relative',
      GATEHOUSE_WORKER_SLOTS: '0',
    });
    expect(answer.ok).toBe(false);
    if (answer.ok) return;
    const named = ['SLOTS', 'URL', 'ZONE', 'NAME', 'TOKEN_FILE', 'WORKER_DIR'];
    for (const name of named)
      expect(answer.faults.some((fault) => fault.split(':')[0]?.includes(name))).toBe(true);
    expect(answer.faults.join()).not.toContain('secret');
  });
});
