import { afterAll, describe, expect, it } from '@jest/globals';
import { chmodSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { GitHttpServer } from './http.backend.fixture.js';
import { logObjects, type LogCommit } from './log.format.js';
import { publishLog } from './log.publisher.js';
import { readLog } from './log.reader.js';
import { openProofs } from './proof.place.js';
import { openQuarantine } from './quarantine.js';
import { logRefOf } from './ref.name.js';
import { Scratch } from './scratch.fixture.js';
import type { LocatedSource } from './source.locator.js';

const ref = logRefOf('lane:rep_1:main');
const identity = { name: 'Gatehouse', email: 'gatehouse@localhost' };
const date = new Date('2026-01-02T03:04:05Z');

const logOf = (length: number): LogCommit[] => {
  const log: LogCommit[] = [];
  for (let n = 1; n <= length; n += 1) {
    const before = log.at(-1);
    const parent = before === undefined ? null : logObjects(before).commit;
    // Large enough for a size of several bytes in a pack.
    const [entry, head] = [Buffer.from(`entry ${n}`.repeat(400)), Buffer.from(`head ${n}`)];
    log.push({ entry, head, parent, message: `Promotion ${n}`, identity, date });
  }
  return log;
};

describe('the log of a lane in a repository', () => {
  const scratch = new Scratch();
  const log = logOf(6);
  const ids = log.map((one) => logObjects(one).commit);
  let count = 0;
  const setting = async () => {
    const path = scratch.repository(`source-${count++}`);
    scratch.commit(path, scratch.tree(path, [{ path: 'a', content: '1\n' }]), [], 'refs/heads/main');
    const located = await scratch.locate(path);
    return { path, located, head: () => scratch.text(path, ['for-each-ref', '--format=%(objectname)', ref]) };
  };
  const append = async (located: LocatedSource, under: number, upTo: number, name = ref) => {
    const quarantine = await openQuarantine(join(scratch.dir, 'q'), join(scratch.dir, 'source-0/.git'));
    const entries = log.slice(under, upTo);
    try {
      return await publishLog(scratch.git, located, quarantine.gitDir, {
        ...{ ref: name, entries, under: log[under - 1] },
      });
    } finally {
      await quarantine.remove();
    }
  };
  const read = async (path: string) => {
    const opened = await openProofs(scratch.git, { clone: path });
    if (!opened.ok) throw new Error(opened.reason);
    const [found] = opened.place.logs;
    return readLog(scratch.git, opened.place.gitDir, found?.oid ?? '');
  };
  const textsOf = (answer: Awaited<ReturnType<typeof read>>) =>
    answer.ok ? answer.records.map(({ head }) => head.toString()) : answer.message;

  afterAll(() => scratch.close());

  it('grows by what is new, on what is there, and reads back as it was', async () => {
    const { path, located, head } = await setting();
    expect(await append(located, 0, 2)).toMatchObject({ ok: true, commit: ids[1], already: false });
    expect(await append(located, 2, 5)).toMatchObject({ ok: true, commit: ids[4] });
    expect(head()).toBe(ids[4]);
    expect(scratch.text(path, ['fsck', '--strict', '--full'])).toBe('');
    expect(textsOf(await read(path))).toEqual([1, 2, 3, 4, 5].map((n) => `head ${n}`));
    expect(await append(located, 4, 5)).toMatchObject({ ok: true, already: true });
  });

  it('is written over smart HTTP as well, without what lies before being fetched', async () => {
    const { path, head } = await setting();
    scratch.plain(path, ['config', 'http.receivepack', 'true']);
    const server = new GitHttpServer(scratch.dir);
    server.rules = { writers: ['us:secret'] };
    const address = `${await server.listen()}/${basename(path)}/.git`;
    try {
      const credential = async () => ({ username: 'us', password: 'secret' });
      const located: LocatedSource = { address, transport: 'http', owner: undefined, credential };
      expect(await append(located, 0, 1)).toMatchObject({ ok: true });
      expect(await append(located, 1, 3)).toMatchObject({ ok: true });
      expect(head()).toBe(ids[2]);
    } finally {
      await server.close();
    }
  });

  it('is not written where somebody else has written, and not below another name', async () => {
    const { path, located, head } = await setting();
    await append(located, 0, 3);
    expect(await append(located, 2, 4)).toMatchObject({ ok: false, reason: 'ref.moved', actual: ids[2] });
    const other = scratch.commit(path, scratch.tree(path, [{ path: 'x', content: 'x' }]));
    scratch.plain(path, ['update-ref', ref, other]);
    expect(await append(located, 3, 4)).toMatchObject({ ok: false, reason: 'ref.moved', actual: other });
    expect(head()).toBe(other);
    await expect(append(located, 0, 1, 'refs/heads/gatehouse/x')).rejects.toMatchObject({
      code: 'git.refused',
    });
    // Only whoever has all that lies before can be sent what comes after it.
    scratch.plain(path, ['update-ref', '-d', ref]);
    expect(await append(located, 3, 4)).toMatchObject({ ok: false, reason: 'ref.moved' });
  });

  it('is not believed where an object is another, a file too much, or a commit has two parents', async () => {
    const { path, located } = await setting();
    await append(located, 0, 3);
    const gitDir = join(path, '.git');
    const look = async (oid: string) => textsOf(await readLog(scratch.git, gitDir, oid));
    const commit = (files: string[], ...parents: string[]) =>
      scratch.commit(
        path,
        scratch.tree(
          path,
          files.map((name) => ({ path: name, content: name })),
        ),
        parents,
      );
    expect(await look(commit(['entry.json', 'head.dsse.json', 'x'], ids[2]!))).toContain('other files');
    expect(await look(commit(['entry.json'], ids[2]!))).toContain('other files');
    const root = commit(['entry.json', 'head.dsse.json']);
    expect(await look(commit(['entry.json', 'head.dsse.json'], ids[2]!, root))).toMatch(/does not follow/);
    expect(await look('1'.repeat(40))).toContain('missing');
    const cutOff = scratch.text(
      path,
      ['hash-object', '-w', '--literally', '-t', 'tree', '--stdin'],
      '100644 x',
    );
    expect(await look(scratch.commit(path, cutOff))).toContain('is cut off');
    const large = scratch.tree(path, [
      { path: 'entry.json', content: 'x'.repeat(1 << 17) },
      { path: 'head.dsse.json', content: 'x' },
    ]);
    expect(await look(scratch.commit(path, large))).toContain('the limit here is');
    const blob = scratch.text(path, ['rev-parse', `${ids[0]}:head.dsse.json`]);
    const file = join(gitDir, 'objects', blob.slice(0, 2), blob.slice(2));
    chmodSync(file, 0o644);
    writeFileSync(file, deflateSync(Buffer.from('blob 6\x00head 9')));
    expect(await look(ids[2]!)).toContain(`${blob} has another content`);
  });
});
