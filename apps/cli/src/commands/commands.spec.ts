import { readdirSync } from 'node:fs';
import {
  sampleIds,
  sampleJob,
  samplePrincipal,
  sampleRepository,
  type FakeHandler,
} from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import { buildProgram } from '../program.js';
import { run } from '../testing/fake.io.js';
import { nouns } from './index.js';

const page =
  (...items: unknown[]): FakeHandler =>
  () => ({ items, next: null });
const ghost = { id: sampleIds.principal, name: 'bob\u001b[2J' };

describe('the command tree', () => {
  it('has one file per noun, all of them registered', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.command.ts'));
    expect(nouns).toHaveLength(files.length);
  });

  it('gives every verb --json and a summary', () => {
    const program = buildProgram({} as never, () => undefined);
    const leaves = program.commands.flatMap((noun) => (noun.commands.length ? noun.commands : [noun]));
    expect(leaves.length).toBeGreaterThan(45);
    for (const leaf of leaves) {
      expect([leaf.name(), leaf.options.map(({ long }) => long).includes('--json')]).toEqual([
        leaf.name(),
        true,
      ]);
      expect(leaf.summary()).toMatch(/^[A-Z]/);
    }
  });
});

describe('lists', () => {
  const handlers = {
    'jobs.list': page(
      sampleJob(),
      sampleJob({ phase: 'awaiting_approval', repository: null, base: null, requestedBy: ghost }),
    ),
  };

  it('are tables for people, cleaned', async () => {
    const { stdout } = await run(['job', 'list'], { handlers });
    expect(stdout.split('\n')).toEqual([
      'JOB                             PHASE              AGE  BY   REPOSITORY    BASE          NAME',
      `${sampleIds.job}  running            1m   ada  acme/widgets  c0c0c0c0c0c0  fix-typo`,
      `${sampleIds.job}  awaiting_approval  1m   bob  -             -             fix-typo`,
      '',
    ]);
  });

  it('are one JSON value for machines, empty or not', async () => {
    const { stdout } = await run(['job', 'list', '--json'], { handlers });
    expect(JSON.parse(stdout)).toMatchObject({
      items: [{ id: sampleIds.job }, { phase: 'awaiting_approval' }],
    });
    const none = await run(['job', 'list', '--json'], { handlers: { 'jobs.list': page() } });
    expect([none.stdout, none.stderr]).toEqual(['{\n  "items": []\n}\n', '']);
  });

  it('say what to do where there is nothing', async () => {
    const { code, stdout, stderr } = await run(['repo', 'list'], {
      handlers: { 'repositories.list': page() },
    });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('gatehouse repo add');
  });

  it('pass filters on and stop at the limit', async () => {
    const { requests } = await run(
      ['job', 'list', '--live', '--name', 'x', '--repository', 'a/b', '--limit', '7'],
      { handlers },
    );
    expect(requests.map(({ query }) => query)).toEqual([
      { limit: '7', repository: 'a/b', name: 'x', live: 'true' },
    ]);
  });

  it('fit the last column to a terminal', async () => {
    const long = sampleRepository({ source: `/srv/${'x'.repeat(200)}` });
    const { stdout } = await run(['repo', 'list'], {
      handlers: { 'repositories.list': page(long) },
      isTTY: true,
    });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBe(100);
  });
});

describe('names', () => {
  it('finds a repository, a worker and a principal by name', async () => {
    const handlers = {
      'repositories.list': page(sampleRepository({ name: 'a' }), sampleRepository({ name: 'b' })),
      'repositories.change': () => sampleRepository({ mode: 'live' }),
      'principals.list': page(samplePrincipal()),
      'principals.change': () => samplePrincipal({ disabled: true }),
    };
    const mode = await run(['repo', 'mode', 'b', 'live'], { handlers });
    expect([mode.code, mode.requests[1]?.body]).toEqual([0, { mode: 'live' }]);
    const disable = await run(['principal', 'disable', 'ada'], { handlers });
    expect([disable.code, disable.requests[1]?.body]).toEqual([0, { disabled: true }]);
    expect((await run(['repo', 'show', 'c'], { handlers })).code).toBe(3);
    expect((await run(['repo', 'mode', 'b', 'open'], { handlers })).code).toBe(2);
  });

  it('takes a relative path of a repository from here, and a URL as it is', async () => {
    const handlers = { 'repositories.add': () => sampleRepository() };
    const path = await run(['repo', 'add', 'w', './x'], { handlers });
    expect((path.requests[0]?.body as { source: string }).source).toBe(`${process.cwd()}/x`);
    const url = await run(['repo', 'add', 'w', 'https://h/x.git', '--mode', 'live'], { handlers });
    expect(url.requests[0]?.body).toEqual({ name: 'w', source: 'https://h/x.git', mode: 'live' });
  });
});
