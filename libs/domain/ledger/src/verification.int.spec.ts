import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeadCheckpointer } from './head-checkpointer.js';
import { eventOf, LedgerFixture, newStream } from './ledger.fixture.js';
import type { LedgerService } from './ledger.service.js';

let ledger: LedgerFixture;
let service: LedgerService;
let checkpointer: HeadCheckpointer;
let streams: string[];

const start = async () => {
  ledger = await LedgerFixture.start();
  service = ledger.service();
  checkpointer = await ledger.checkpointer();
  streams = [newStream(), newStream(), newStream()];
  for (const s of streams) for (let i = 0; i < 4; i++) await service.append(eventOf(s, { i }));
};
const faults = async () =>
  (await service.verifyInstallation()).faults.map(({ kind, streamId, seq }) => [kind, streamId, seq]);
const heads = () => join(ledger.directory, 'ledger-heads.jsonl');

describe('an honest ledger', () => {
  beforeAll(start);
  afterAll(() => ledger?.stop());

  it('verifies, more than a page of it, while it is written to', async () => {
    const busy = newStream();
    const big = Array.from({ length: 2_500 }, (_, i) => service.append(eventOf(streams[0]!, { i })));
    await Promise.all(big);
    let stop = false;
    const writing = (async () => {
      while (!stop) await service.append(eventOf(busy));
    })();
    const report = await service.verifyInstallation();
    stop = true;
    await writing;
    expect(report).toMatchObject({ ok: true, faults: [], checkpoint: null });
    expect(report.streams).toBeGreaterThanOrEqual(3);
    expect(report.events).toBeGreaterThanOrEqual(2_512);
  });

  it('writes a checkpoint only when something moved, and holds it against the ledger', async () => {
    expect(await checkpointer.write()).toBe(4);
    expect(await checkpointer.write()).toBe(0);
    await service.append(eventOf(streams[1]!));
    expect(await checkpointer.write()).toBe(1);
    const lines = (await readFile(heads(), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => [line.number, line.heads.length])).toEqual([
      [1, 4],
      [2, 1],
    ]);
    expect(await service.verifyInstallation()).toMatchObject({ ok: true, checkpoint: { at: lines[1].at } });
  });

  it('goes on after a restart and after half a line', async () => {
    await appendFile(heads(), '{"number":3,"at"');
    expect(await service.verifyInstallation()).toMatchObject({ ok: true });
    const restarted = await ledger.checkpointer();
    await service.append(eventOf(streams[2]!));
    await restarted.write();
    // Written by another process meanwhile: the first one notices.
    await service.append(eventOf(streams[2]!));
    await checkpointer.write();
    const lines = (await readFile(heads(), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).number)).toEqual([1, 2, 3, 4]);
    expect(await service.verifyInstallation()).toMatchObject({ ok: true });
  });

  it('is verified by a process that has the public key only', async () => {
    const auditor = ledger.service({ signs: false });
    expect(await auditor.verifyInstallation()).toMatchObject({ ok: true });
    await expect(auditor.erasePayload(streams[0]!, 1, 'x')).rejects.toMatchObject({
      code: 'internal.unexpected',
    });
  });

  it('stays whole when a payload is erased, and says so', async () => {
    expect(await service.erasePayload(streams[0]!, 2, 'retention: 90 days')).toBe(true);
    expect(await service.erasePayload(streams[0]!, 2, 'again')).toBe(false);
    expect((await service.readPage(streams[0]!, { after: 1, limit: 1 })).items[0]).toMatchObject({
      payload: null,
    });
    expect(await service.verifyInstallation()).toMatchObject({ ok: true });
    // A stranger's installation cannot vouch for it.
    await ledger.tamper(`UPDATE ledger_payloads SET tombstone = replace(tombstone, 'retention', 'anything')
      WHERE tombstone IS NOT NULL`);
    expect(await faults()).toEqual([['tombstone_invalid', streams[0], 2]]);
  });
});

describe('a ledger that was tampered with', () => {
  beforeEach(async () => {
    await start();
    await checkpointer.write();
    await service.append(eventOf(streams[0]!, { late: true }));
    expect(await service.verifyInstallation()).toMatchObject({ ok: true });
  });
  const at = (i: number) => streams[i]!;
  const cases: [string, () => Promise<unknown>, () => unknown[]][] = [
    [
      'an edited field',
      () => ledger.tamper(`UPDATE ledger_events SET actor = 'x' WHERE stream_id = $1 AND seq = 2`, [at(0)]),
      () => [['edited', at(0), 2]],
    ],
    [
      'a time changed by a microsecond',
      () =>
        ledger.tamper(`UPDATE ledger_events SET at = at + interval '1 us' WHERE stream_id = $1 AND seq = 2`, [
          at(0),
        ]),
      () => [['edited', at(0), 2]],
    ],
    [
      'an edited payload',
      () =>
        ledger.tamper(`UPDATE ledger_payloads SET payload = '{"i":9}' WHERE stream_id = $1 AND seq = 3`, [
          at(1),
        ]),
      () => [['payload_mismatch', at(1), 3]],
    ],
    [
      'a dropped payload',
      () => ledger.tamper('DELETE FROM ledger_payloads WHERE stream_id = $1 AND seq = 3', [at(1)]),
      () => [['payload_missing', at(1), 3]],
    ],
    [
      'a dropped row',
      () => ledger.tamper('DELETE FROM ledger_events WHERE stream_id = $1 AND seq = 2', [at(1)]),
      () => [['gap', at(1), 2]],
    ],
    [
      'two rows swapped',
      () =>
        ledger.tamper(
          `UPDATE ledger_events SET seq = CASE seq WHEN 2 THEN 1003 ELSE 1002 END
           WHERE stream_id = '${at(1)}' AND seq IN (2, 3);
           UPDATE ledger_events SET seq = seq - 1000 WHERE stream_id = '${at(1)}' AND seq > 1000`,
        ),
      () => [['reordered', at(1), 2]],
    ],
    [
      'a cut tail',
      () => ledger.tamper('DELETE FROM ledger_events WHERE stream_id = $1 AND seq > 3', [at(2)]),
      () => [
        ['cut_tail', at(2), 4],
        ['cut_tail', at(2), 4],
      ],
    ],
    [
      'a cut tail behind the checkpoint, the head set back with it',
      () =>
        ledger.tamper(
          `DELETE FROM ledger_events WHERE stream_id = '${at(2)}' AND seq > 3;
           UPDATE ledger_streams SET head_seq = 3, head_hash =
             (SELECT hash FROM ledger_events WHERE stream_id = '${at(2)}' AND seq = 3) WHERE stream_id = '${at(2)}'`,
        ),
      () => [['cut_tail', at(2), 4]],
    ],
    [
      'a whole stream deleted',
      () =>
        ledger.tamper(
          ['events', 'payloads', 'streams']
            .map((table) => `DELETE FROM ledger_${table} WHERE stream_id = '${at(1)}'`)
            .join(';'),
        ),
      () => [['cut_tail', at(1), 4]],
    ],
    [
      'a deleted head',
      () => ledger.tamper('DELETE FROM ledger_streams WHERE stream_id = $1', [at(1)]),
      () => [['deleted', at(1), null]],
    ],
    [
      'events beyond the head',
      () =>
        ledger.tamper(
          `INSERT INTO ledger_events SELECT stream_id, 5, type, at, actor, lease_generation, payload_sha256, hash, hash
           FROM ledger_events WHERE stream_id = $1 AND seq = 4`,
          [at(1)],
        ),
      () => [['edited', at(1), 5]],
    ],
    [
      'the payloads of two events swapped',
      () =>
        ledger.tamper(
          `UPDATE ledger_payloads SET payload = CASE seq WHEN 2 THEN '{"i":2}' ELSE '{"i":1}' END
           WHERE stream_id = $1 AND seq IN (2, 3)`,
          [at(0)],
        ),
      () => [['payload_mismatch', at(0), 2]],
    ],
    [
      'one seq twice, where somebody took the key away',
      () =>
        ledger.tamper(
          `ALTER TABLE ledger_events DROP CONSTRAINT ledger_events_pkey CASCADE;
           INSERT INTO ledger_events SELECT * FROM ledger_events WHERE stream_id = '${at(0)}' AND seq = 2`,
        ),
      () => [['reordered', at(0), 2]],
    ],
    [
      'a checkpoint file that another key has signed',
      async () => {
        const stranger = await LedgerFixture.start();
        try {
          await stranger.service().append(eventOf(newStream()));
          await (await stranger.checkpointer()).write();
          await writeFile(heads(), await readFile(join(stranger.directory, 'ledger-heads.jsonl')));
        } finally {
          await stranger.stop();
        }
      },
      () => [['unknown_key', 'checkpoints', 1]],
    ],
    [
      'a checkpoint line dropped',
      async () => {
        await checkpointer.write();
        const [, second] = (await readFile(heads(), 'utf8')).split('\n');
        await writeFile(heads(), `${second}\n`);
      },
      () => [['gap', 'checkpoints', 2]],
    ],
    [
      'a checkpoint edited',
      async () => {
        const text = await readFile(heads(), 'utf8');
        await writeFile(heads(), text.replace(/"seq":4|,4,/, ',3,'));
      },
      () => [['bad_signature', 'checkpoints', 1]],
    ],
  ];

  it.each(cases)('shows %s', async (_, tamper, expected) => {
    try {
      await tamper();
      expect(await faults()).toEqual(expected());
    } finally {
      await ledger.stop();
    }
  });
});

describe('an empty checkpoint file', () => {
  it('is no fault', async () => {
    await start();
    await writeFile(heads(), '');
    expect(await service.verifyInstallation()).toMatchObject({ ok: true, checkpoint: null });
    await checkpointer.write();
    await truncate(heads(), 10);
    expect(await service.verifyInstallation()).toMatchObject({ ok: true, checkpoint: null });
    await ledger.stop();
  });
});
