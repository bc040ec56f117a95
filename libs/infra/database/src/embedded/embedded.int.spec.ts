import { randomInt } from 'node:crypto';
import { chmod, cp, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { GatehouseError } from '@gatehouse/contracts';
import pg from 'pg';
import { reachableTempFolder, startOnFreePort } from '../testing/test-server.js';
import { findBinaries, type PostgresBinaries } from './binaries.js';
import { findEmbeddedPostgres, startEmbeddedPostgres } from './embedded.js';
import { isAlive } from './postmaster.js';

const log = (): void => undefined;
const asRoot = process.getuid?.() === 0;
const found = await findBinaries();
const packaged = found.find(({ origin }) => origin === 'package');
const system = found.filter(({ origin }) => origin !== 'package');
const ask = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

/** The same binaries, whose initdb never ends when it is asked for the first time. */
const hangingOnce = async (folder: string, { bin, ...more }: PostgresBinaries): Promise<PostgresBinaries> => {
  const script = ['#!/bin/sh', `cd '${folder}'`, `[ -e asked ] || { touch asked; exec sleep 600; }`];
  await writeFile(join(folder, 'initdb'), `${script.join('\n')}\nexec '${bin}/initdb' "$@"\n`, {
    mode: 0o755,
  });
  await symlink(join(bin, 'postgres'), join(folder, 'postgres'));
  await chmod(folder, 0o777);
  return { ...more, bin: folder };
};

describe('embedded Postgres', () => {
  const roots: string[] = [];
  const newRoot = async (): Promise<string> => {
    const root = await reachableTempFolder('gatehouse-embedded-');
    roots.push(root);
    return root;
  };
  afterEach(async () => {
    for (const root of roots.splice(0)) {
      await (await findEmbeddedPostgres(root))?.stop();
      await rm(root, { recursive: true, force: true });
    }
  });

  it('starts from nothing, keeps what was written through kill -9, and leaves no process', async () => {
    const dataRoot = await newRoot();
    const first = await startOnFreePort({ dataRoot, log });
    expect(first.adopted).toBe(false);
    await ask(first.url, 'create table kept as select 42 as n');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const second = await startEmbeddedPostgres({ dataRoot, port: first.port, log, timeoutMs: 180_000 });
    expect(second).toMatchObject({ adopted: false, port: first.port });
    expect(await ask(second.url, 'select n from kept')).toEqual([{ n: 42 }]);
    await second.stop();
    expect(isAlive(second.pid)).toBe(false);
    expect(await findEmbeddedPostgres(dataRoot)).toBeUndefined();
  });

  it('is one server, however many start it at once; the others adopt it', async () => {
    const dataRoot = await newRoot();
    const port = randomInt(20_000, 32_000);
    const start = () => startEmbeddedPostgres({ dataRoot, port, log, timeoutMs: 180_000 });
    const both = await Promise.all([start(), start()]);
    expect(new Set(both.map(({ pid }) => pid)).size).toBe(1);
    expect(both.filter(({ adopted }) => !adopted)).toHaveLength(1);
    expect(await readdir(join(dataRoot, 'postgres'))).toEqual([
      'data',
      expect.stringMatching(/^(links|binaries)-/),
    ]);
  });

  it('lets nobody in without the password, which lies in a 0600 file, and listens on loopback only', async () => {
    const dataRoot = await newRoot();
    const { url } = await startOnFreePort({ dataRoot, log });
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(ask(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    wrong.password = '';
    await expect(ask(wrong.href, 'select 1')).rejects.toThrow();
    expect((await stat(join(dataRoot, 'postgres.password'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataRoot, 'postgres', 'data'))).mode & 0o077).toBe(0);
    expect(await ask(url, `select setting from pg_settings where name = 'listen_addresses'`)).toEqual([
      { setting: '127.0.0.1' },
    ]);
  });

  (packaged ? it : it.skip)('makes the cluster anew where initdb hangs', async () => {
    const dataRoot = await newRoot();
    const binaries = [await hangingOnce(await newRoot(), packaged!)];
    const { url } = await startOnFreePort({ dataRoot, log, binaries, initdbLimitMs: 6_000 });
    expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('names the port that another program holds', async () => {
    const { port } = await startOnFreePort({ dataRoot: await newRoot(), log });
    const second = startEmbeddedPostgres({ dataRoot: await newRoot(), port, log, timeoutMs: 180_000 });
    await expect(second).rejects.toMatchObject({
      code: 'database.unavailable',
      details: { reason: 'port_taken', port },
    });
  });

  it('refuses data of a Postgres that is not here, and data without its password, before touching them', async () => {
    const dataRoot = await newRoot();
    const data = join(dataRoot, 'postgres', 'data');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'PG_VERSION'), '9\n');
    await expect(startOnFreePort({ dataRoot, log })).rejects.toThrow(/postgres.password is missing/);
    await writeFile(join(dataRoot, 'postgres.password'), 'x\n', { mode: 0o600 });
    await expect(startOnFreePort({ dataRoot, log })).rejects.toThrow(/was made by Postgres 9/);
    expect(await readdir(data)).toEqual(['PG_VERSION']);
  });

  it('does not take a half-made cluster for a database', async () => {
    const dataRoot = await newRoot();
    const draft = join(dataRoot, 'postgres', 'data.init.999999999.dead');
    await mkdir(draft, { recursive: true });
    await writeFile(join(draft, 'PG_VERSION'), '18\n');
    const { url } = await startOnFreePort({ dataRoot, log });
    expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await readdir(join(dataRoot, 'postgres'))).not.toContain('data.init.999999999.dead');
  });

  (system.length > 0 ? it : it.skip)('runs on a Postgres of the system as well', async () => {
    const { url } = await startOnFreePort({ dataRoot: await newRoot(), log, binaries: system });
    const [row] = (await ask(url, 'show server_version_num')) as [{ server_version_num: string }];
    expect(Math.floor(Number(row.server_version_num) / 10_000)).toBe(system[0]?.major);
  });

  (asRoot && packaged ? it : it.skip)(
    'runs from a package that the dropped account cannot reach',
    async () => {
      const home = await newRoot();
      await chmod(home, 0o700);
      const packageRoot = join(home, 'package');
      await cp(packaged!.packageRoot!, packageRoot, { recursive: true });
      const hidden = { ...packaged!, packageRoot, bin: join(packageRoot, 'native', 'bin') };
      const dataRoot = await newRoot();
      const { url } = await startOnFreePort({ dataRoot, log, binaries: [hidden] });
      expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(await readdir(join(dataRoot, 'postgres'))).toContainEqual(expect.stringMatching(/^binaries-/));
    },
  );

  (asRoot ? it : it.skip)('below a folder that nobody else may enter says where to go instead', async () => {
    const home = await newRoot();
    await chmod(home, 0o700);
    const attempt = startOnFreePort({ dataRoot: join(home, 'data'), log });
    await expect(attempt).rejects.toBeInstanceOf(GatehouseError);
    await expect(attempt).rejects.toThrow(/GATEHOUSE_DATA_DIR/);
  });
});
