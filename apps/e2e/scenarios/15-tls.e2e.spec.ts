import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../src/built.cli.js';
import { startPlane, type Plane } from '../src/plane.js';
import { ask } from '../src/raw.http.js';

/** A task: no repository, one file as its outcome. */
const task = {
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Job',
  metadata: { name: 'over-tls' },
  spec: {
    goal: 'Write a file',
    agent: { adapter: 'command', command: ['sh', '-c', 'echo done > report.txt'] },
    requires: { kinds: ['process_sandbox'] },
  },
};

describe('a plane that listens beyond loopback, with a certificate that it made itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  let plane: Plane;

  beforeAll(async () => {
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
    const named = ['-subj', '/CN=gatehouse.example', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const into = ['-keyout', key, '-out', certificate];
    execFileSync('openssl', [...made, ...named, ...into], { stdio: 'ignore' });
    plane = await startPlane({
      GATEHOUSE_HOST: '0.0.0.0',
      GATEHOUSE_TLS_CERT: certificate,
      GATEHOUSE_TLS_KEY: key,
    });
  });
  afterAll(async () => {
    await plane?.stop();
    rmSync(folder, { recursive: true });
  });

  it('answers whoever trusts it over TLS, and says to come back that way only', async () => {
    expect(plane.url).toMatch(/^https:/);
    const ca = readFileSync(certificate, 'utf8');
    const { status, headers } = await ask(plane.url, { path: '/health', ca });
    expect([status, headers['strict-transport-security']]).toEqual([200, expect.stringContaining('max-age')]);
  });

  it('does not serve plain HTTP at that address, nor anybody who does not trust it', async () => {
    await expect(ask(plane.url, { path: '/health' })).rejects.toThrow(/self-signed/);
    await expect(ask(plane.url.replace('https:', 'http:'), { path: '/health' })).rejects.toThrow();
  });

  it('lets its own workers and commands in by the door on loopback', async () => {
    const file = join(folder, 'job.json');
    writeFileSync(file, JSON.stringify(task));
    const { code, stderr } = await runCli(['job', 'submit', file, '--watch'], { env: plane.env });
    expect([code, stderr]).toEqual([0, expect.stringContaining('over-tls')]);
  });
});
