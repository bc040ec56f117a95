import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  fakePlane,
  fakeStream,
  sampleEvent,
  sampleIds,
  sampleInstant,
  sampleJob,
  samplePrincipal,
  sampleRepository,
} from '@gatehouse/client/testing';

const main = join(import.meta.dirname, '..', 'bin', 'gatehouse.js');
const sent: string[] = [];
const token = {
  id: sampleIds.token,
  principalId: sampleIds.principal,
  name: 'token',
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  createdAt: sampleInstant,
};
const plane = fakePlane({
  'principals.get': () => samplePrincipal(),
  'tokens.create': () => ({ token, secret: 's3cret' }),
  'tokens.revoke': () => token,
  'jobs.get': () => sampleJob(),
  'jobs.create': ({ body }) => {
    sent.push(JSON.stringify(body));
    return sampleJob();
  },
  'repositories.list': () => ({
    items: Array.from({ length: 50 }, () => sampleRepository({ source: `/srv/${'x'.repeat(10_000)}` })),
    next: null,
  }),
  'sessions.events': () => {
    const line = fakeStream();
    line.send(`id: 1\ndata: ${JSON.stringify(sampleEvent(1, { type: 'job.accepted' }))}\n\n`);
    return line.response;
  },
});
let folder: string;
let url: string;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const init = {
      method: request.method ?? 'GET',
      headers: request.headers as Record<string, string>,
      ...(chunks.length ? { body: Buffer.concat(chunks) } : {}),
    };
    void plane.fetch(`http://x${request.url}`, init).then(async (answer) => {
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      for await (const chunk of answer.body ?? []) response.write(chunk);
      response.end();
    });
  });
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

interface Options {
  readonly input?: string;
  /** Called with everything on stdout so far. */
  readonly onOutput?: (text: string, child: ReturnType<typeof spawn>) => void;
}

const gatehouse = (args: string[], { input = '', onOutput }: Options = {}) =>
  new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>((done) => {
    const env = { PATH: process.env['PATH'], HOME: folder, GATEHOUSE_URL: url, GATEHOUSE_TOKEN: 'token' };
    const child = spawn(process.execPath, [main, ...args], { env });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString();
      onOutput?.(stdout, child);
    });
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }));
    child.stdin.end(input);
  });

describe('the built command', () => {
  it('says which version it is', async () => {
    expect(await gatehouse(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('submits what comes on standard input', async () => {
    const { code, stdout } = await gatehouse(['job', 'submit', '-'], {
      input: JSON.stringify(sampleJob().spec),
    });
    expect([code, stdout]).toEqual([0, `${sampleIds.job}\n`]);
    expect(sent).toEqual([JSON.stringify(sampleJob().spec)]);
  });

  it('writes all of a large answer into a pipe before it ends', async () => {
    const { code, stdout } = await gatehouse(['repo', 'list', '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { items: unknown[] }).items).toHaveLength(50);
  });

  it('takes a reader that has seen enough for no fault', async () => {
    const { code, stderr } = await gatehouse(['repo', 'list', '--json'], {
      onOutput: (_, child) => child.stdout?.destroy(),
    });
    expect([code, stderr]).toEqual([0, '']);
  });

  it('ends by Ctrl-C with 130', async () => {
    const { code, stderr } = await gatehouse(['job', 'watch', sampleIds.job], {
      onOutput: (text, child) => text.includes('A JobSpec was accepted') && child.kill('SIGINT'),
    });
    expect([code, stderr]).toEqual([
      130,
      `The job goes on. Watch it again with gatehouse job watch ${sampleIds.job}\n`,
    ]);
  });

  it('says that a file is a folder, and writes no secret but into a new file', async () => {
    const missing = await gatehouse(['job', 'submit', folder]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('cannot be read')]);
    const kept = join(folder, 'kept');
    const made = join(folder, 'made');
    writeFileSync(kept, 'kept');
    const create = (file: string) => gatehouse(['token', 'create', sampleIds.principal, '-o', file]);
    expect((await create(kept)).code).toBe(2);
    expect(readFileSync(kept, 'utf8')).toBe('kept');
    expect(plane.requests.at(-1)?.name).toBe('tokens.revoke');
    expect((await create(made)).code).toBe(0);
    expect([readFileSync(made, 'utf8'), statSync(made).mode & 0o777]).toEqual(['s3cret\n', 0o600]);
  });
});
