import { sampleJob } from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { run } from './testing/fake.io.js';

const good = `apiVersion: gatehouse.dev/v1
kind: Job
metadata:
  name: fix-typo
spec:
  goal: Fix it
  agent:
    adapter: command
    command: ["sed", "-i", "1s/teh/the/", "README.md"]
`;
const submit = (text: string | Uint8Array, file = 'job.yaml') =>
  run(['job', 'submit', file], { files: { [file]: text }, handlers: { 'jobs.create': () => sampleJob() } });
const fault = async (text: string | Uint8Array) => {
  const { code, stderr, requests } = await submit(text);
  expect([code, requests.length]).toEqual([2, 0]);
  return stderr;
};

describe('documents', () => {
  it('are sent as written, with a key, from YAML, JSON and standard input', async () => {
    for (const [file, text] of [
      ['job.yaml', good],
      ['-', good],
    ] as const) {
      const { code, requests, stdout } = await submit(text, file);
      expect([code, stdout]).toEqual([0, `${sampleJob().id}\n`]);
      expect(requests[0]?.body).toEqual({
        apiVersion: 'gatehouse.dev/v1',
        kind: 'Job',
        metadata: { name: 'fix-typo' },
        spec: {
          goal: 'Fix it',
          agent: { adapter: 'command', command: ['sed', '-i', '1s/teh/the/', 'README.md'] },
        },
      });
      expect(requests[0]?.headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/);
    }
    const { requests } = await submit(JSON.stringify({ ...(sampleJob().spec as object) }), 'job.json');
    expect(requests[0]?.body).toEqual(sampleJob().spec);
  });

  it('show a slip with its line and column, before anything is sent', async () => {
    expect(await fault(good.replace('Fix it', '""'))).toMatch(
      /^gatehouse: job\.yaml:6:9: spec\.goal: .* — mend the file/,
    );
    expect(await fault(good.replace('adapter: command', 'adapter: shell'))).toContain(
      'job.yaml:8:14: spec.agent.adapter:',
    );
  });

  it('show all slips at once', async () => {
    const stderr = await fault(good.replace('Fix it', '""').replace('fix-typo', 'Fix Typo'));
    expect(stderr).toContain('2 values are not valid');
    expect(stderr).toContain('job.yaml:4:9: metadata.name');
  });

  it('point to the parent where something is missing', async () => {
    expect(await fault(good.replace('  goal: Fix it\n', ''))).toContain('job.yaml:6:3: spec.goal');
  });

  it.each([
    ['a key that comes twice', `${good}kind: Job\n`, 'unique'],
    ['a tab', good.replace('  name', '\tname'), 'job.yaml:4:'],
    ['two documents', `${good}---\n${good}`, 'job.yaml:10:1'],
    ['a key that is no text', good.replace('metadata:', '? [a]\n: b\nmetadata:'), 'job.yaml:'],
    ['an unknown tag', good.replace('Fix it', '!!js/function "x"'), 'job.yaml:6'],
    ['nothing', '', 'job.yaml:1:1'],
    ['plain text', 'hello', 'job.yaml:1:1'],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x00]), 'not UTF-8'],
    ['a wrong type by YAML', good.replace('Fix it', '1.5'), 'spec.goal'],
  ])('refuse %s', async (_, text, says) => expect(await fault(text)).toContain(says));

  it('refuse what would grow without bound', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`)
      .join('\n')}\n`;
    expect(await fault(bomb)).toContain('aliases');
    expect(await fault(new Uint8Array(1024 * 1024 + 1).fill(0x20))).toContain('larger than');
  });

  it('refuse __proto__ and let nothing reach a prototype', async () => {
    const stderr = await fault(good.replace('spec:\n', 'spec:\n  __proto__: { polluted: 1 }\n'));
    expect(stderr).toContain('__proto__');
    // Jest gives Zod another Object than this file.
    for (const plain of [{}, z.object({}).parse({})])
      expect((plain as { polluted?: number }).polluted).toBeUndefined();
  });

  it('say that a file is not there', async () => {
    const { code, stderr } = await run(['job', 'submit', 'none.yaml']);
    expect([code, stderr]).toEqual([
      2,
      'gatehouse: none.yaml cannot be read (there is no such file) — check the path\n',
    ]);
  });

  it('take the key of the caller, and refuse one that cannot be sent', async () => {
    const files = { 'job.yaml': good };
    const handlers = { 'jobs.create': () => sampleJob() };
    const own = await run(['job', 'submit', 'job.yaml', '--idempotency-key', 'k-1'], { files, handlers });
    expect(own.requests[0]?.headers.get('idempotency-key')).toBe('k-1');
    const bad = await run(['job', 'submit', 'job.yaml', '--idempotency-key', 'ä'], { files, handlers });
    expect([bad.code, bad.requests.length]).toEqual([2, 0]);
  });
});
