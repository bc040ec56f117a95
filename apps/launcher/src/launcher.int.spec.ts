import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakePlane } from './testing/fake-plane.js';

describe('the launcher, with fake apps and a real Postgres', () => {
  let plane: FakePlane;
  // One for all, as a person has one: who needs it running starts it, and finds it so where the test before left it.
  beforeAll(async () => {
    plane = await FakePlane.make();
  });
  afterAll(() => plane.remove());

  it('starts in the background, and says so the second time', async () => {
    const first = await plane.run('start', '--json');
    expect(first).toMatchObject({ code: 0 });
    expect(JSON.parse(first.out)).toMatchObject({
      ok: true,
      alreadyRunning: false,
      panelLink: `http://127.0.0.1:${plane.env['GATEHOUSE_PORT']}/panel#code=once`,
      adminTokenFile: join(plane.data, 'credentials', 'admin.token'),
    });
    expect(first.err).toMatch(/Starting Postgres[\s\S]*Migrating[\s\S]*Starting api[\s\S]*Ready/);

    const second = await plane.run('start');
    expect(second).toMatchObject({ code: 0 });
    expect(second.out).toMatch(/already runs/);
    expect(second.out).toMatch(/#code=once/);

    const status = await plane.run('status', '--json');
    expect(status.code).toBe(0);
    expect(JSON.parse(status.out).processes.map((entry: { name: string }) => entry.name)).toEqual([
      ...['postgres', 'api', 'engine', 'promoter', 'worker-agent', 'worker-validator'],
    ]);
    const log = JSON.parse(
      (await readFile(join(plane.data, 'logs', 'engine.log'), 'utf8')).split('\n')[0] ?? '',
    );
    expect(log).toMatchObject({ name: 'engine', msg: 'plain words' });
  });

  it('gives each child what it needs and nothing else', async () => {
    expect((await plane.run('start')).code).toBe(0);
    const lines = (await readFile(join(plane.data, '..', 'environments'), 'utf8')).trim().split('\n');
    const seen = lines.map((line) => JSON.parse(line) as Record<string, string>);
    const workers = seen.filter(({ role }) => role === 'worker');
    expect(workers.map(({ GATEHOUSE_TRUST_ZONE: zone }) => zone).sort()).toEqual(['agent', 'validator']);
    for (const env of seen) expect(env).not.toHaveProperty('PLANTED_SECRET');
    for (const env of workers) {
      expect(env).not.toHaveProperty('DATABASE_URL');
      expect(env).not.toHaveProperty('GATEHOUSE_BOOTSTRAP_DIR');
      expect(env['GATEHOUSE_TOKEN_FILE']).toMatch(/credentials\/worker-(agent|validator)\.token$/);
    }
    const api = seen.find(({ role }) => role === 'api');
    expect(api).not.toHaveProperty('DATABASE_URL');
    expect(await readFile(api?.['GATEHOUSE_DATABASE_URL_FILE'] ?? '', 'utf8')).toMatch(/gatehouse_api:/);
    expect((await stat(join(plane.data, 'credentials'))).mode & 0o777).toBe(0o700);
  });

  it('stops without a trace', async () => {
    expect((await plane.run('start')).code).toBe(0);
    expect(await plane.alive()).toHaveLength(6);
    const stopped = await plane.run('stop');
    expect(stopped).toMatchObject({ code: 0 });
    expect(stopped.out).toMatch(/no process is left/);
    expect(await plane.alive()).toEqual([]);
    expect((await plane.run('stop')).out).toMatch(/was not running/);
    expect((await plane.run('status')).code).toBe(3);
  });

  it('has one winner when two start at once, and both return when it is ready', async () => {
    const both = await Promise.all([plane.run('start', '--json'), plane.run('start', '--json')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(await plane.alive()).toHaveLength(6);
  });

  it('starts killed children and a killed Postgres again, while the others live on', async () => {
    expect((await plane.run('start')).code).toBe(0);
    const [engine, api, postgres] = ['engine', 'api', 'postgres'].map((name) => plane.pidOf(name));
    process.kill(engine!, 'SIGKILL');
    await plane.until('engine is back', (status) =>
      Boolean(
        status?.processes.some(
          (e) => e.name === 'engine' && e.state === 'ready' && e.process?.pid !== engine,
        ),
      ),
    );
    process.kill(postgres!, 'SIGKILL');
    await plane.until('Postgres is back', (status) =>
      Boolean(status?.processes.some((e) => e.name === 'postgres' && e.state === 'ready' && e.restarts > 0)),
    );
    expect(plane.pidOf('api')).toBe(api);
    await plane.until('all is ready', (status) => status?.state === 'ready');
  });

  it('leaves nothing although its supervisor was killed, and starts again after that', async () => {
    expect((await plane.run('start')).code).toBe(0);
    const supervisor = plane.status()!.supervisor.pid;
    process.kill(supervisor, 'SIGKILL');
    const stopped = await plane.run('stop', '--json');
    expect(JSON.parse(stopped.out)).toEqual({ ok: true, wasRunning: true, left: [] });
    expect(await plane.alive()).toEqual([]);

    expect((await plane.run('start')).code).toBe(0);
    process.kill(plane.status()!.supervisor.pid, 'SIGKILL');
    const again = await plane.run('start', '--json');
    expect(JSON.parse(again.out)).toMatchObject({ ok: true, alreadyRunning: false });
    expect(await plane.alive()).toHaveLength(6);
  });

  it('in front adopts a running Postgres and ends cleanly on Ctrl-C', async () => {
    expect((await plane.run('start')).code).toBe(0);
    const postgres = plane.pidOf('postgres');
    process.kill(plane.status()!.supervisor.pid, 'SIGKILL');
    const front = plane.spawn('start', '--foreground');
    front.stdout?.resume();
    front.stderr?.resume();
    await plane.until('ready in front', (s) => s?.supervisor.pid === front.pid && s?.state === 'ready');
    expect(plane.pidOf('postgres')).toBe(postgres);
    front.kill('SIGINT');
    const [code] = await once(front, 'exit');
    expect(code).toBe(0);
    expect(await plane.alive()).toEqual([]);
  });

  it('ends a child that does not obey', async () => {
    await plane.program(
      'promoter',
      `process.on('SIGTERM', () => {}); process.on('disconnect', () => {}); process.send({ type: 'ready' }); setInterval(() => {}, 1e6);`,
    );
    expect((await plane.run('start')).code).toBe(0);
    expect((await plane.run('stop')).code).toBe(0);
    expect(await plane.alive()).toEqual([]);
    await plane.program('promoter');
  });

  it('says which part keeps dying, with its log, and leaves nothing running', async () => {
    await plane.program('engine', `console.error('planted: cannot go on'); process.exit(7);`);
    const failed = await plane.run('start');
    expect(failed.code).toBe(1);
    expect(failed.out).toMatch(/engine ended 5 times in a row \(last: exit 7\).*engine\.log/);
    await sleep(200);
    expect(await plane.alive()).toEqual([]);
    expect(await readFile(join(plane.data, 'logs', 'engine.log'), 'utf8')).toMatch(/planted: cannot go on/);
    expect((await readdir(plane.data)).filter((name) => name.startsWith('supervisor.pid'))).toEqual([]);
  });
});
