import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSigningKey, publicKeyToPem, signProof } from '@gatehouse/proof';
import { predicateOf, type SampleChange } from '@gatehouse/proof/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../program.js';

const key = generateSigningKey();
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-verify-')));
const source = join(dir, 'source');
const clone = join(dir, 'clone');
const keys = join(dir, 'keys.pem');
const proofs = 'refs/gatehouse/proof/*:refs/gatehouse/proof/*';

const git = (at: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-C', at, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
    .toString()
    .trim();
const commitAs = (text: string): string => {
  writeFileSync(join(source, 'a'), text);
  git(source, 'add', '.');
  git(source, 'commit', '-qm', text);
  return git(source, 'rev-parse', 'HEAD');
};
/** Puts bytes where a plane publishes its proofs. */
const publish = (bytes: Uint8Array, n: number): void => {
  const file = join(dir, 'proof.json');
  writeFileSync(file, bytes);
  const blob = git(source, 'hash-object', '-w', file);
  const entry = `100644 blob ${blob}\tproof.dsse.json\n`;
  const tree = execFileSync('git', ['-C', source, 'mktree'], { input: entry }).toString().trim();
  const ref = `refs/gatehouse/proof/cnd_${String(n).repeat(64)}`;
  git(source, 'update-ref', ref, git(source, 'commit-tree', tree, '-m', 'Proof'));
};

const verify = async (...args: string[]) => {
  let [stdout, stderr] = ['', ''];
  const sink = (take: (text: string) => void) => ({
    write: (text: string | Uint8Array) => take(text.toString()),
    isTTY: false,
    columns: undefined,
  });
  const io = {
    ...{ env: {}, clone: '/', home: '/', isRoot: false, signal: new AbortController().signal },
    stdout: sink((text) => (stdout += text)),
    stderr: sink((text) => (stderr += text)),
    read: (path: string) => readFile(path),
  };
  const code = await runCli(['verify', ...args, '--key', keys], io as never);
  return { code, stdout, stderr, end: stdout.trim().split('\n').at(-1) };
};

describe('verify with a clone', () => {
  let change: SampleChange;
  beforeAll(() => {
    execFileSync('git', ['init', '-q', '-b', 'main', source]);
    const base = commitAs('one\n');
    git(source, 'switch', '-qc', 'gatehouse/x');
    const commit = commitAs('two\n');
    const treeOf = (id: string) => git(source, 'rev-parse', `${id}^{tree}`);
    change = { base: { commit: base, tree: treeOf(base) }, tree: treeOf(commit), commit };
    publish(signProof(predicateOf(undefined, change), [key]), 1);
    execFileSync('git', ['clone', '-q', source, clone]);
    writeFileSync(keys, publicKeyToPem(key));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('asks for one fetch where the proofs are not there yet, and proves the commit after it', async () => {
    const before = await verify(change.commit, '--repository', clone);
    expect(before.code).toBe(1);
    expect(before.end).toMatch(/^NOT PROVEN: proof: There is no proof of commit .* git fetch origin/);
    git(clone, 'fetch', '-q', 'origin', proofs);
    for (const name of [change.commit, change.commit.slice(0, 12), 'origin/gatehouse/x']) {
      const { code, end } = await verify(name, '--repository', clone);
      expect([code, end]).toEqual([0, `Proven: commit ${change.commit} of gatehouse/ses_1-fix-typo`]);
    }
  });

  it('does not prove a commit that nobody promoted, nor a clone without the commit', async () => {
    const { code, end } = await verify(change.base.commit, '--repository', clone);
    expect([code, end]).toEqual([1, expect.stringContaining('There is no proof of commit')]);
    const empty = join(dir, 'empty');
    execFileSync('git', ['init', '-q', empty]);
    const elsewhere = await verify(join(dir, 'proof.json'), '--repository', empty);
    expect([elsewhere.code, elsewhere.end]).toEqual([1, expect.stringContaining('does not have commit')]);
    expect((await verify('nothing', '--repository', clone)).code).toBe(2);
    expect((await verify(change.commit, '--repository', dir)).code).toBe(2);
  });

  it('reads a bundle, alone or over a clone', async () => {
    const whole = join(dir, 'whole.bundle');
    git(source, 'bundle', 'create', '-q', whole, '--all');
    expect(await verify(whole)).toMatchObject({ code: 0, end: expect.stringMatching(/^Proven: /) });
    const thin = join(dir, 'thin.bundle');
    git(source, 'bundle', 'create', '-q', thin, '--all', '^main');
    expect((await verify(thin, '--repository', clone)).code).toBe(0);
    const alone = await verify(thin);
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('--repository')]);
  });

  it('names what does not hold: a proof that was changed, one of another key, another base', async () => {
    const honest = readFileSync(join(dir, 'proof.json'));
    const lie = { ...change, base: { ...change.base, tree: change.tree } };
    const cases: [Uint8Array, RegExp][] = [
      [Buffer.from(honest.toString().replace('"sig":"', '"sig":"A')), /^NOT PROVEN: signature: /],
      [signProof(predicateOf(undefined, change), [generateSigningKey()]), /^NOT PROVEN: signature: None/],
      [signProof(predicateOf(undefined, lie), [key]), /^NOT PROVEN: base_commit: The base has tree/],
    ];
    try {
      for (const [bytes, says] of cases) {
        publish(bytes, 1);
        git(clone, 'fetch', '-q', '--force', 'origin', proofs);
        const { code, end } = await verify(change.commit, '--repository', clone);
        expect([code, end]).toEqual([1, expect.stringMatching(says)]);
      }
    } finally {
      publish(honest, 1);
    }
  });
});
