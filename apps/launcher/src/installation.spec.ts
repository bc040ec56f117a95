import { describe, expect, it } from '@jest/globals';
import { defaultData, readInstallation } from './installation.js';
import { parseSettingsFile } from './settings.file.js';
import { environmentOf } from './supervisor/environment.js';
import { choosePort, type PortWish } from './supervisor/port.choice.js';
import { planRestart } from './supervisor/restart.js';
import { urlOf } from './supervisor/addresses.js';

describe('settings', () => {
  it('are read from NAME=value lines, without expanding anything', () => {
    expect(parseSettingsFile('# note\n\nGATEHOUSE_PORT=7100\r\nREDIS_URL="redis://h/$HOME"\n')).toEqual({
      ok: true,
      values: { GATEHOUSE_PORT: '7100', REDIS_URL: 'redis://h/$HOME' },
    });
  });

  it('name every bad line at once', () => {
    expect(parseSettingsFile('export A=b\nGATEHOUSE_PROT=1\nGATEHOUSE_DATA_DIR=/x')).toEqual({
      ok: false,
      faults: [
        expect.stringContaining('line 1'),
        expect.stringContaining('GATEHOUSE_PROT'),
        expect.stringContaining('line 3'),
      ],
    });
  });

  it('with values out of range are refused, all at once', () => {
    const env = {
      GATEHOUSE_DATA_DIR: '/nowhere/at/all',
      GATEHOUSE_PORT: '70000',
      GATEHOUSE_LOG_LEVEL: 'loud',
    };
    expect(() => readInstallation(env)).toThrow(/GATEHOUSE_PORT.*GATEHOUSE_LOG_LEVEL/);
  });

  it('lie below the home of a user and below /var/lib for root, one folder for each clone', () => {
    const own = defaultData('/home/ann/gatehouse', false, '/home/ann');
    expect(own).toMatch(/^\/home\/ann\/\.local\/share\/gatehouse\/[0-9a-f]{12}$/);
    expect(defaultData('/home/ann/other', false, '/home/ann')).not.toBe(own);
    expect(defaultData('/root/gatehouse', true, '/root')).toMatch(/^\/var\/lib\/gatehouse\/[0-9a-f]{12}$/);
  });
});

describe('the environment of a part', () => {
  const installation = readInstallation({
    GATEHOUSE_DATA_DIR: '/nowhere/at/all',
    DATABASE_URL: 'postgres://u:p@h/d',
    REDIS_URL: 'redis://:p@h',
    GATEHOUSE_TLS_KEY: '/k',
    GATEHOUSE_TLS_CERT: '/c',
    GATEHOUSE_WORKER_SLOTS: '4',
  });
  const addresses = {
    url: 'https://gatehouse.example:7070',
    port: 7070,
    localUrl: 'http://127.0.0.1:7072',
    localPort: 7072,
  };
  const own = {
    PATH: '/bin',
    AWS_SECRET_ACCESS_KEY: 'x',
    NODE_OPTIONS: '--inspect',
    HTTPS_PROXY: 'http://u:p@proxy',
  };
  const of = (role: Parameters<typeof environmentOf>[0]) => environmentOf(role, installation, addresses, own);

  it('never holds what the parent happened to export', () => {
    for (const role of ['api', 'engine', 'promoter', 'worker-agent'] as const)
      expect(Object.keys(of(role))).not.toEqual(expect.arrayContaining(['AWS_SECRET_ACCESS_KEY']));
    expect(of('api')).not.toHaveProperty('NODE_OPTIONS');
  });

  it('of a worker holds no address or credential of the inside', () => {
    for (const value of Object.values(of('worker-validator'))) expect(value).not.toContain(':p@');
    expect(of('worker-validator')).toMatchObject({
      GATEHOUSE_TRUST_ZONE: 'validator',
      GATEHOUSE_WORKER_SLOTS: '4',
      GATEHOUSE_TOKEN_FILE: '/nowhere/at/all/credentials/worker-validator.token',
    });
  });

  it('holds no address of the database, but the file of that process alone', () => {
    const files = (['api', 'engine', 'promoter'] as const).map((role) => {
      expect(JSON.stringify(of(role))).not.toContain('postgres://');
      return of(role)['GATEHOUSE_DATABASE_URL_FILE'];
    });
    expect(files).toEqual([
      '/nowhere/at/all/run/api/database.url',
      '/nowhere/at/all/run/engine/database.url',
      '/nowhere/at/all/run/promoter/database.url',
    ]);
  });

  it('gives the TLS key and the first credentials to the API alone', () => {
    expect(of('api')).toMatchObject({ GATEHOUSE_TLS_KEY: '/k', GATEHOUSE_BOOTSTRAP_DIR: expect.any(String) });
    for (const role of ['engine', 'promoter', 'worker-agent'] as const) {
      expect(of(role)).not.toHaveProperty('GATEHOUSE_TLS_KEY');
      expect(of(role)).not.toHaveProperty('GATEHOUSE_BOOTSTRAP_DIR');
    }
  });

  it('names the secrets of the forge to the process that has a use for them', () => {
    const github = {
      GATEHOUSE_GITHUB_APP_ID: '1',
      GATEHOUSE_GITHUB_APP_KEY_FILE: '/app.pem',
      GATEHOUSE_GITHUB_READ_TOKEN_FILE: '/read.token',
      GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE: '/webhook.secret',
    };
    const connected = { ...installation, given: { ...installation.given, ...github } };
    const named = (['api', 'engine', 'promoter', 'worker-agent'] as const).map((role) =>
      Object.keys(environmentOf(role, connected, addresses, own)).filter((name) => name.includes('GITHUB')),
    );
    expect(named).toEqual([
      ['GATEHOUSE_GITHUB_APP_ID', 'GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE'],
      ['GATEHOUSE_GITHUB_APP_ID'],
      ['GATEHOUSE_GITHUB_APP_ID', 'GATEHOUSE_GITHUB_APP_KEY_FILE', 'GATEHOUSE_GITHUB_READ_TOKEN_FILE'],
      [],
    ]);
  });

  it('names an address that this machine can use', () => {
    const at = (host: string) =>
      urlOf({ ...installation.settings, GATEHOUSE_HOST: host, GATEHOUSE_TLS_CERT: undefined }, 7070);
    expect(['127.0.0.1', '0.0.0.0', '::', '::1', 'plane.example'].map(at)).toEqual([
      'http://127.0.0.1:7070',
      'http://127.0.0.1:7070',
      'http://127.0.0.1:7070',
      'http://[::1]:7070',
      'http://plane.example:7070',
    ]);
    expect(urlOf({ ...installation.settings, GATEHOUSE_TLS_CERT: '/c' }, 7070)).toBe(
      'https://127.0.0.1:7070',
    );
  });
});

describe('restarts', () => {
  it('come later and later after short lives, and are a crash loop from the fifth on', () => {
    let shortLives = 0;
    const plans = Array.from({ length: 6 }, () => {
      const plan = planRestart(shortLives, 500);
      shortLives = plan.shortLives;
      return plan;
    });
    expect(plans.map(({ delayMs }) => delayMs)).toEqual([100, 200, 400, 800, 30_000, 30_000]);
    expect(plans.map(({ looping }) => looping)).toEqual([false, false, false, false, true, true]);
  });

  it('are prompt again after a long life', () => {
    expect(planRestart(9, 60_000)).toEqual({ shortLives: 0, delayMs: 100, looping: false });
  });
});

describe('the choice of a port', () => {
  const wish: PortWish = {
    host: '127.0.0.1',
    setting: 'GATEHOUSE_PORT',
    explicit: false,
    first: 7070,
    remembered: undefined,
    taken: [7071],
  };
  const all =
    (...busy: number[]) =>
    async (_host: string, port: number) =>
      !busy.includes(port);

  it.each([
    [wish, [], 7070],
    [wish, [7070], 7072],
    [{ ...wish, remembered: 7080 }, [], 7080],
    [{ ...wish, remembered: 7080 }, [7080], 7070],
    [{ ...wish, explicit: true }, [], 7070],
  ])('%j with %j busy is %d', async (asked, busy, port) => {
    await expect(choosePort(asked, all(...busy))).resolves.toBe(port);
  });

  it('never replaces a port that was asked for', async () => {
    await expect(choosePort({ ...wish, explicit: true }, all(7070))).rejects.toThrow(/7070.*GATEHOUSE_PORT/);
  });
});
