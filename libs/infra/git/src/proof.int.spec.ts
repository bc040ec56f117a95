import { afterAll, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { publishBranch } from './branch.publisher.js';
import { Mirror } from './mirror.js';
import { openProofs } from './proof.place.js';
import { publishProof } from './proof.publisher.js';
import { commitFacts, readCommit, readProofs } from './proof.reader.js';
import { openQuarantine, type Quarantine } from './quarantine.js';
import { Scratch } from './scratch.fixture.js';
import type { LocatedSource } from './source.locator.js';

const candidateId = `cnd_${'a'.repeat(64)}`;
const ref = `refs/gatehouse/proof/${candidateId}`;
const identity = { name: 'Gatehouse', email: 'gatehouse@localhost' };

describe('proofs in a repository', () => {
  const scratch = new Scratch();
  let count = 0;
  const setting = async () => {
    const path = scratch.repository(`source-${count}`);
    const first = scratch.tree(path, [{ path: 'a', content: '1\n' }]);
    const base = scratch.commit(path, first);
    const second = scratch.tree(path, [{ path: 'a', content: '2\n' }]);
    const commit = scratch.commit(path, second, [base], 'refs/heads/gatehouse/x');
    const located = await scratch.locate(path);
    const mirror = new Mirror(scratch.git, join(scratch.dir, `mirror-${count++}.git`));
    await mirror.ensure();
    await mirror.fetch(located);
    const quarantine = () => openQuarantine(join(scratch.dir, 'q'), mirror.gitDir);
    return { path, base, commit, tree: second, located, quarantine };
  };
  const publish = (
    located: LocatedSource,
    { gitDir }: Quarantine,
    text: string,
    mayWrite = () => Promise.resolve(),
  ) =>
    publishProof(scratch.git, located, gitDir, {
      ...{ candidateId, bytes: Buffer.from(text), message: 'Proof', identity, mayWrite },
      date: new Date('2026-01-02T03:04:05Z'),
    });
  const proofsOf = async (path: string): Promise<string[]> => {
    const opened = await openProofs(scratch.git, { clone: path });
    if (!opened.ok) throw new Error(opened.reason);
    const found: string[] = [];
    for (const { oid } of opened.place.heads)
      for await (const bytes of readProofs(scratch.git, opened.place.gitDir, oid))
        found.push(bytes.toString());
    return found;
  };

  afterAll(() => scratch.close());

  it('are published once, however often that is done, and with the same commit everywhere', async () => {
    const { path, located, quarantine } = await setting();
    const first = await publish(located, await quarantine(), 'one');
    // After a crash nothing is left of the first try but what it published.
    const again = await publish(located, await quarantine(), 'one');
    expect([first, again]).toMatchObject([
      { ok: true, already: false },
      { ok: true, already: true },
    ]);
    expect(scratch.text(path, ['rev-list', '--count', ref])).toBe('1');
    expect(scratch.text(path, ['ls-tree', '-r', '--name-only', ref])).toBe('proof.dsse.json');
    const other = await setting();
    expect(await publish(other.located, await other.quarantine(), 'one')).toEqual(first);
  });

  it('of one candidate stand on one another, and what was published last is on top', async () => {
    const { path, located, quarantine } = await setting();
    for (const text of ['one', 'two', 'two', 'one', 'one'])
      expect(await publish(located, await quarantine(), text)).toMatchObject({ ok: true });
    expect(await proofsOf(path)).toEqual(['one', 'two', 'one']);
  });

  it('are not put over those of another that took over after the look', async () => {
    const { path, located, quarantine } = await setting();
    const stop = () => Promise.reject(new Error('taken over'));
    await expect(publish(located, await quarantine(), 'one', stop)).rejects.toThrow('taken over');
    const places = [await quarantine(), await quarantine()] as const;
    let asked = 0;
    const overtaken = async (): Promise<void> => {
      if (++asked === 1) await publish(located, places[1], 'two');
      else await stop();
    };
    await expect(publish(located, places[0], 'one', overtaken)).rejects.toThrow('taken over');
    expect([asked, await proofsOf(path)]).toEqual([2, ['two']]);
  });

  it('of one candidate that come at once are all there', async () => {
    const { path, located, quarantine } = await setting();
    const texts = ['one', 'two', 'three'];
    const places = await Promise.all(texts.map(() => quarantine()));
    const answers = await Promise.all(
      texts.map((text, i) => publish(located, places[i] as Quarantine, text)),
    );
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect((await proofsOf(path)).sort()).toEqual([...texts].sort());
  });

  it('go nowhere else', async () => {
    const { located, quarantine, commit } = await setting();
    const { gitDir } = await quarantine();
    for (const other of ['refs/gatehouse/proof/x', 'refs/gatehouse/log/main', `${ref}/x`, 'refs/heads/main'])
      await expect(
        publishBranch(scratch.git, located, gitDir, { commit, ref: other, expected: null }),
      ).rejects.toMatchObject({ code: 'git.refused' });
    await expect(
      publishProof(scratch.git, located, gitDir, {
        ...{ candidateId: '../../heads/main', bytes: Buffer.from('x'), message: 'x', identity },
        date: new Date(),
      }),
    ).rejects.toMatchObject({ code: 'git.refused' });
  });

  it('are read from a clone that fetched them and from a bundle, with their commits', async () => {
    const { path, located, quarantine, commit, base, tree } = await setting();
    await publish(located, await quarantine(), 'one');
    const clone = join(scratch.dir, `clone-${count}`);
    scratch.plain(scratch.dir, ['clone', '-q', path, clone]);
    expect(await proofsOf(clone)).toEqual([]);
    scratch.plain(clone, ['fetch', '-q', 'origin', 'refs/gatehouse/proof/*:refs/gatehouse/proof/*']);
    expect(await proofsOf(clone)).toEqual(['one']);
    const opened = await openProofs(scratch.git, { clone });
    if (!opened.ok) throw new Error(opened.reason);
    expect(await opened.place.resolve('origin/gatehouse/x')).toBe(commit);
    expect(await opened.place.resolve(commit.slice(0, 10))).toBe(commit);
    expect(await opened.place.resolve('--all')).toBeUndefined();
    const { gitDir } = opened.place;
    expect(await commitFacts(scratch.git, gitDir, { commit, base })).toMatchObject({
      commit: { id: commit, tree, parents: [base] },
      base: { id: base },
      isOnBase: true,
      damage: undefined,
    });

    const bundle = join(scratch.dir, `${count}.bundle`);
    scratch.plain(path, ['bundle', 'create', '-q', bundle, ref, 'gatehouse/x', `^${base}`]);
    const alone = await openProofs(scratch.git, { bundle });
    expect(alone).toMatchObject({ ok: false, reason: expect.stringContaining('--repository') });
    const whole = await openProofs(scratch.git, { bundle, clone });
    if (!whole.ok) throw new Error(whole.reason);
    expect(whole.place.heads.map((head) => head.ref)).toEqual([ref]);
    expect((await readCommit(scratch.git, whole.place.gitDir, commit))?.tree).toBe(tree);
    await whole.place.close();
    expect(existsSync(whole.place.gitDir)).toBe(false);
  });

  it('show objects of the change whose content is another, or that are not there', async () => {
    const { path, commit, base } = await setting();
    const gitDir = join(path, '.git');
    const blob = scratch.text(path, ['rev-parse', `${commit}:a`]);
    const file = join(gitDir, 'objects', blob.slice(0, 2), blob.slice(2));
    const was = readFileSync(file);
    chmodSync(file, 0o644);
    writeFileSync(file, deflateSync(Buffer.from('blob 2\x003\n')));
    expect((await commitFacts(scratch.git, gitDir, { commit, base })).damage).toContain('git fsck');
    writeFileSync(file, was);
    expect((await commitFacts(scratch.git, gitDir, { commit, base })).damage).toBeUndefined();
    const lost = { commit: '1'.repeat(40), base };
    expect((await commitFacts(scratch.git, gitDir, lost)).commit).toBeUndefined();
  });

  /** Puts another content where an object lies. */
  const exchange = (path: string, oid: string, type: string, content: Buffer): void => {
    const file = join(path, '.git', 'objects', oid.slice(0, 2), oid.slice(2));
    chmodSync(file, 0o644);
    writeFileSync(file, deflateSync(Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content])));
  };

  it.each<[string, (path: string, trees: { under: string; made: string }) => void]>([
    [
      'the commit-graph names another tree',
      (path, { under, made }) => {
        scratch.plain(path, ['commit-graph', 'write', '--reachable']);
        const file = join(path, '.git/objects/info/commit-graph');
        const graph = readFileSync(file);
        const at = graph.indexOf(Buffer.from(made, 'hex'));
        expect(at).toBeGreaterThan(0);
        Buffer.from(under, 'hex').copy(graph, at);
        chmodSync(file, 0o644);
        writeFileSync(file, graph);
      },
    ],
    [
      'the tree below has the new content as well',
      (path, { under, made }) =>
        exchange(path, under, 'tree', scratch.plain(path, ['cat-file', 'tree', made])),
    ],
  ])('show an exchanged object where %s', async (_, hide) => {
    const { path, commit, base, tree } = await setting();
    const gitDir = join(path, '.git');
    const blob = scratch.text(path, ['rev-parse', `${commit}:a`]);
    const under = scratch.text(path, ['rev-parse', `${base}^{tree}`]);
    expect((await commitFacts(scratch.git, gitDir, { commit, base })).damage).toBeUndefined();
    exchange(path, blob, 'blob', Buffer.from('3\n'));
    hide(path, { under, made: tree });
    expect((await commitFacts(scratch.git, gitDir, { commit, base })).damage).toContain('git fsck');
  });

  it('show a commit whose bytes were exchanged', async () => {
    const { path, commit, base } = await setting();
    const text = scratch.text(path, ['cat-file', 'commit', commit]).replace('m', 'M');
    const file = join(path, '.git', 'objects', commit.slice(0, 2), commit.slice(2));
    chmodSync(file, 0o644);
    writeFileSync(file, deflateSync(Buffer.from(`commit ${text.length}\0${text}`)));
    const facts = await commitFacts(scratch.git, join(path, '.git'), { commit, base });
    expect(facts.commit?.id).not.toBe(commit);
  });
});
