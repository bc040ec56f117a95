import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeHandler } from '@gatehouse/client/testing';
import { CreateSchedule } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { run } from '../testing/fake.io.js';

const ulid = '01J00000000000000000000000';
const at = '2026-01-02T03:04:05.678Z';
const page =
  (...items: unknown[]): FakeHandler =>
  () => ({ items, next: null });

const examples = [
  ...readFileSync(join(import.meta.dirname, '../../../../docs/schedules.md'), 'utf8').matchAll(
    /```yaml\n([^]*?)```/g,
  ),
].map(([, text]) => String(text));
const { job, when } = CreateSchedule.parse(parse(examples[0] ?? ''));

const ran = {
  ...{ id: `run_${ulid}`, scheduleId: `sch_${ulid}`, dueAt: at, state: 'submitted', jobId: `job_${ulid}` },
  ...{ reason: null, times: 1, lastDueAt: at, triggeredBy: null, createdAt: at },
};
const refused = { ...ran, state: 'refused', jobId: null, reason: { code: 'policy.denied', message: 'No.' } };
const schedule = {
  ...{ id: `sch_${ulid}`, name: 'tidy-nightly', repository: 'acme/widgets', job, when },
  ...{ catchUp: 'last', overlap: 'skip', state: 'active', reason: null, version: 4 },
  ...{ nextDue: '2026-01-02T06:05:05.678Z', lastRun: ran, createdAt: at },
  createdBy: { id: `prn_${ulid}`, name: 'ada' },
};
const ended = { ...schedule, id: `sch_${ulid.replace('0', '1')}`, state: 'ended', nextDue: null };
const handlers = {
  'schedules.create': () => schedule,
  'schedules.list': page(schedule, ended),
  'schedules.get': () => schedule,
  'schedules.change': () => ({ ...schedule, state: 'paused', nextDue: null }),
  'schedules.end': () => ended,
  'schedules.trigger': () => ran,
  'schedules.runs': page(ran, refused),
};

describe('gatehouse schedule', () => {
  it('stores every example of the page on schedules as it stands', async () => {
    expect(examples.length).toBeGreaterThan(1);
    for (const text of examples) {
      const { code, stdout, requests } = await run(['schedule', 'create', '-'], {
        handlers,
        files: { '-': text },
      });
      expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: schedule.id });
      expect(requests[0]?.body).toEqual(parse(text));
    }
  });

  it('names the place of a fault in the file', async () => {
    const files = { 'bad.yaml': examples[0]!.replace('0 3 * * 1-5', '0 3 * *') };
    const { code, stderr, requests } = await run(['schedule', 'create', 'bad.yaml'], { handlers, files });
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:2:\d+: when\.cron: expected 5 fields/);
    expect(requests).toEqual([]);
  });

  it('says when one would be due, and stores nothing', async () => {
    const { stdout, requests } = await run(['schedule', 'create', '-', '--check'], {
      handlers: { 'schedules.check': () => ({ due: [at] }) },
      files: { '-': examples[0]! },
    });
    expect(stdout).toBe(
      `${CreateSchedule.parse(parse(examples[0]!)).name} would be stored; due at:\n${at}\n`,
    );
    expect(requests.map(({ name }) => name)).toEqual(['schedules.check']);
  });

  it('lists and shows when each is due and what came of it', async () => {
    const list = await run(['schedule', 'list', '--state', 'active'], { handlers });
    expect(list.stdout).toMatch(/tidy-nightly +active +in 3h +submitted +acme\/widgets .*Europe\/Berlin/);
    const { stdout } = await run(['schedule', 'show', 'tidy-nightly'], { handlers });
    expect(stdout).toMatch(/next due: +2026-01-02T06:05:05.678Z \(in 3h\)/);
    const runs = await run(['schedule', 'runs', schedule.id], { handlers });
    expect(runs.stdout).toMatch(/refused .*No\./);
    const json = await run(['schedule', 'runs', schedule.id, '--json'], { handlers });
    expect(JSON.parse(json.stdout)).toEqual({ items: [ran, refused] });
  });

  it('pauses at the version that it read, and finds the live one of a name', async () => {
    const { stdout, requests } = await run(['schedule', 'pause', 'tidy-nightly', '--reason', 'freeze'], {
      handlers,
    });
    expect(stdout).toContain('tidy-nightly is paused');
    expect(requests.at(-1)?.body).toEqual({ version: 4, state: 'paused', reason: 'freeze' });
  });

  it('runs one now, and says with 1 that no job came of it', async () => {
    const done = await run(['schedule', 'trigger', schedule.id], { handlers });
    expect([done.code, done.stdout.trim()]).toEqual([0, ran.jobId]);
    const no = await run(['schedule', 'trigger', schedule.id], {
      handlers: { ...handlers, 'schedules.trigger': () => refused },
    });
    expect([no.code, no.stdout.trim()]).toEqual([1, 'refused: No.']);
  });

  it('deletes one, and says where a name is nobody’s', async () => {
    expect((await run(['schedule', 'delete', schedule.id], { handlers })).stdout).toContain('has ended');
    const none = { ...handlers, 'schedules.list': page() };
    const { code, stderr } = await run(['schedule', 'show', 'nobody'], { handlers: none });
    expect(code).toBe(3);
    expect(stderr).toContain('gatehouse schedule list');
  });
});
