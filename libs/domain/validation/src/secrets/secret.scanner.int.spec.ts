import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleSecrets } from './secret.sample.js';
import { SecretScanner } from './secret.scanner.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'gatehouse-scanner-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const program = (name: string, source: string): string => {
  const file = join(dir, `${name}.mjs`);
  writeFileSync(file, `import { parentPort } from 'node:worker_threads';\n${source}`);
  return file;
};

describe('SecretScanner', () => {
  it('finds in threads what the scan finds, many at a time', async () => {
    const scanner = new SecretScanner();
    try {
      const contents = Array.from({ length: 20 }, (_, i) => sampleSecrets[i % sampleSecrets.length]!);
      const found = await Promise.all(contents.map(([, token]) => scanner.scan(Buffer.from(token))));
      expect(found.map((hits) => hits[0]?.rule)).toEqual(contents.map(([rule]) => rule));
    } finally {
      await scanner.close();
    }
  });

  it('scans in the threads that were started before, and starts no more of them', async () => {
    const source = `import { threadId } from 'node:worker_threads';
      parentPort.on('message', () => parentPort.postMessage({ hits: [{ line: threadId }] }));`;
    const scanner = SecretScanner.of(program('told', source), 60_000);
    try {
      scanner.start();
      scanner.start();
      const found = await Promise.all([1, 2, 3, 4, 5, 6].map(() => scanner.scan(Buffer.from('x'))));
      expect(new Set(found.map(([hit]) => hit?.line)).size).toBeLessThanOrEqual(2);
      await scanner.close();
      scanner.start();
      expect(await scanner.scan(Buffer.from('x'))).toHaveLength(1);
    } finally {
      await scanner.close();
    }
  });

  it.each([
    ['does not answer', 'parentPort.on("message", () => { for (;;); });', /did not end within/],
    ['breaks', 'parentPort.on("message", () => { throw new Error("boom"); });', /broke/],
    ['ends', 'parentPort.on("message", () => process.exit(0));', /was ended/],
    [
      'says that it broke',
      'parentPort.on("message", () => parentPort.postMessage({ error: "x" }));',
      /broke/,
    ],
  ])('fails the scan of a thread that %s, and goes on', async (name, source, said) => {
    // Only who says nothing is waited for to the end; a busy machine may be slow to start the others.
    const limit = name === 'does not answer' ? 500 : 30_000;
    const scanner = SecretScanner.of(program(name.replaceAll(' ', '-'), source), limit);
    try {
      const scans = [1, 2, 3].map(() => scanner.scan(Buffer.from('x')));
      for (const { status, reason } of (await Promise.allSettled(scans)) as PromiseRejectedResult[])
        expect([status, String(reason)]).toEqual(['rejected', expect.stringMatching(said)]);
    } finally {
      await scanner.close();
    }
  });
});
