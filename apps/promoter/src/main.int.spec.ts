import 'reflect-metadata';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TokenClient } from '@gatehouse/forge';
import { PromotionFixture } from './promotion.fixture.js';

const main = join(import.meta.dirname, '..', 'dist', 'main.js');

describe('the promoter as a built process', () => {
  let plane: PromotionFixture;
  let child: ChildProcess | undefined;
  let output = '';

  beforeAll(async () => {
    plane = await PromotionFixture.start();
  });
  afterEach(() => void child?.kill('SIGKILL'));
  afterAll(() => plane?.stop());

  const start = async (env: Record<string, string> = {}): Promise<ChildProcess> => {
    output = '';
    const started = fork(main, [], { env: { ...process.env, NODE_OPTIONS: '', ...env }, silent: true });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      started.once('message', (message) => (message as { type: string }).type === 'ready' && resolve());
      started.once('exit', (code) => reject(new Error(`exit ${code}: ${output}`)));
    });
    return started;
  };
  const endOf = (ended: ChildProcess): Promise<number | null> =>
    new Promise((resolve) => ended.once('exit', resolve));
  const succeeded = async (id: string): Promise<void> => {
    for (let tries = 0; (await plane.promotions.find(id)).state !== 'succeeded'; tries += 1) {
      if (tries > 1_200) throw new Error(`not published: ${output}`);
      await sleep(50);
    }
  };

  it('publishes what waits, sweeps what a dead one left, and ends on SIGTERM', async () => {
    const quarantines = join(plane.dir, 'data', 'quarantine');
    mkdirSync(join(quarantines, 'q-00000000-0-1-1-000000000000'), { recursive: true });
    const before = await plane.requested();
    const promoter = await start();
    expect(readdirSync(quarantines)).toEqual([]);
    await succeeded(before.id);
    const after = await plane.requested();
    await succeeded(after.id);
    const end = endOf(promoter);
    promoter.kill('SIGTERM');
    expect(await end).toBe(0);
    for (const line of output.split('\n').filter((text) => text !== ''))
      expect(JSON.parse(line)).toBeTruthy();
    expect(output).not.toContain(new URL(plane.database.url).password || plane.database.url);
  });

  it('hands out the token that reads and keeps the one that writes, and goes with its supervisor', async () => {
    const [writes, reads] = [join(plane.dir, 'write.token'), join(plane.dir, 'read.token')];
    writeFileSync(writes, 'github_pat_writes\n', { mode: 0o600 });
    writeFileSync(reads, 'github_pat_reads\n', { mode: 0o600 });
    const promoter = await start({
      GATEHOUSE_GITHUB_TOKEN_FILE: writes,
      GATEHOUSE_GITHUB_READ_TOKEN_FILE: reads,
    });
    const socket = join(plane.dir, 'data', 'forge', 'forge.sock');
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(await new TokenClient(socket).readToken({ owner: 'acme', name: 'widgets' })).toEqual({
      token: 'github_pat_reads',
      expiresAt: null,
    });
    expect(output).not.toContain('github_pat');
    const end = endOf(promoter);
    promoter.disconnect();
    expect(await end).toBe(0);
  });

  it('killed with a promotion under way, finishes it when it is started again', async () => {
    const first = await start();
    const rows = [await plane.requested(), await plane.requested(), await plane.requested()];
    await sleep(150);
    const end = endOf(first);
    first.kill('SIGKILL');
    await end;
    await start();
    for (const row of rows) await succeeded(row.id);
    for (const row of rows) {
      const events = await plane.events(row.sessionId);
      expect(events.filter((event) => event === 'promotion.published')).toHaveLength(1);
    }
  });

  it('says why it cannot start, and ends', async () => {
    await expect(start({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/x' })).rejects.toThrow(
      /exit 1.*database\.unavailable/s,
    );
  });
});
