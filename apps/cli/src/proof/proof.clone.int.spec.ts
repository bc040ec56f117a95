import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logRefOf } from '@gatehouse/git';
import {
  generateSigningKey,
  linkOf,
  logBeginning,
  publicKeyToPem,
  sha256Hex,
  signLogEntry,
  signProof,
  type LogRecord,
} from '@gatehouse/proof';
import { logContent, predicateOf, type SampleChange } from '@gatehouse/proof/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../program.js';

const key = generateSigningKey();
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-verify-')));
const source = join(dir, 'source');
const clone = join(dir, 'clone');
const keys = join(dir, 'keys.pem');
const proofs = 'refs/gatehouse/*:refs/gatehouse/*';

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
const commitOf = (files: Record<string, Uint8Array>, ...parents: string[]): string => {
  const lines = Object.entries(files).map(([name, bytes]) => {
    const file = join(dir, name.replace('proof.dsse.json', 'proof.json'));
    writeFileSync(file, bytes);
    return `100644 blob ${git(source, 'hash-object', '-w', file)}\t${name}\n`;
  });
  const tree = execFileSync('git', ['-C', source, 'mktree'], { input: lines.join('') });
  const under = parents.flatMap((parent) => ['-p', parent]);
  return git(source, 'commit-tree', tree.toString().trim(), ...under, '-m', 'Of a plane');
};
/** Puts bytes where a plane publishes its proofs. */
const publish = (bytes: Uint8Array, n: number): void =>
  void git(
    source,
    ...['update-ref', `refs/gatehouse/proof/cnd_${String(n).repeat(64)}`],
    commitOf({ 'proof.dsse.json': bytes }),
  );
/** Puts entries where a plane publishes the log of the sample lane. */
const publishLog = (records: readonly LogRecord[]): void => {
  const head = records.reduce<string | undefined>(
    (parent, { entry, head }) =>
      commitOf({ 'entry.json': entry, 'head.dsse.json': head }, ...(parent === undefined ? [] : [parent])),
    undefined,
  );
  const ref = logRefOf(predicateOf().history.lane.stream);
  if (head === undefined) git(source, 'update-ref', '-d', ref);
  else git(source, 'update-ref', ref, head);
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

  it('finds the proof beside what is damaged, and says what is where it is its own', async () => {
    const input = Buffer.from('100644 x');
    const args = ['-C', clone, 'hash-object', '-w', '--literally', '-t', 'tree', '--stdin'];
    const cutOff = execFileSync('git', args, { input }).toString().trim();
    const damaged = git(clone, 'commit-tree', cutOff, '-m', 'Of a plane');
    const put = (n: number, oid: string) => {
      git(clone, 'update-ref', `refs/gatehouse/proof/cnd_${String(n).repeat(64)}`, oid);
    };
    git(clone, 'fetch', '-q', '--force', 'origin', proofs);
    const honest = git(clone, 'rev-parse', `refs/gatehouse/proof/cnd_${'1'.repeat(64)}`);
    put(0, damaged);
    try {
      expect((await verify(change.commit, '--repository', clone)).code).toBe(0);
      put(1, damaged);
      const { code, end } = await verify(change.commit, '--repository', clone);
      expect([code, end]).toEqual([1, expect.stringMatching(/^NOT PROVEN: proof: An object of .* git fsck/)]);
    } finally {
      put(1, honest);
      git(clone, 'update-ref', '-d', `refs/gatehouse/proof/cnd_${'0'.repeat(64)}`);
    }
  });

  it('says of a proof whose ref is garbage that it cannot be read, not that there is none', async () => {
    const ref = `refs/gatehouse/proof/cnd_${'2'.repeat(64)}`;
    const message = `x\n\nGatehouse-Candidate: ${ref.slice(21)}\n`;
    const commit = git(clone, 'commit-tree', change.tree, '-m', message);
    writeFileSync(join(clone, '.git', ref), 'not a commit\n');
    try {
      const { code, end } = await verify(commit, '--repository', clone);
      expect([code, end]).toEqual([
        1,
        expect.stringMatching(`^NOT PROVEN: proof: ${ref} is here and names `),
      ]);
    } finally {
      rmSync(join(clone, '.git', ref));
    }
  });

  it('proves nothing in a clone that git cannot read, and sends nobody to the plane', async () => {
    const config = readFileSync(join(clone, '.git', 'config'));
    writeFileSync(join(clone, '.git', 'config'), '[core\n');
    try {
      const { code, stderr } = await verify(change.commit, '--repository', clone);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/nothing was proven: .*bad config line.* git fsck/),
      ]);
    } finally {
      writeFileSync(join(clone, '.git', 'config'), config);
    }
  });

  describe('and the promotion log', () => {
    let log: LogRecord[] = [];
    const fetched = (records: readonly LogRecord[]) => {
      publishLog(records);
      git(clone, 'fetch', '-q', '--prune', '--force', 'origin', proofs);
      return verify(change.commit, '--repository', clone);
    };
    beforeAll(() => {
      const first = signLogEntry(logBeginning, logContent(1), key);
      const known = { seq: 1, digest: linkOf(first) };
      const predicate = { ...predicateOf(undefined, change), log: known };
      const proof = signProof(predicate, [key]);
      publish(proof, 1);
      const { promotion, candidate, commit, policy, verdict } = predicate;
      const content = {
        ...logContent(2),
        ...{ promotionId: promotion.id, sessionId: promotion.sessionId, candidateId: candidate.id },
        ...{ commit: commit.id, tree: commit.tree, branch: promotion.branch },
        ...{ policyDigest: policy.digest, proof: sha256Hex(proof) },
        verdict: { id: verdict.id, outcome: 'pass' as const },
      };
      const second = signLogEntry(known, content, key);
      const third = signLogEntry({ seq: 2, digest: linkOf(second) }, logContent(3), key);
      log = [first, second, third];
    });

    it('says whether the log has the commit, and says it too where no log is here', async () => {
      const without = await fetched([]);
      expect([without.code, without.end]).toEqual([
        0,
        expect.stringMatching(/^Proven: .*log is not here, so/),
      ]);
      const within = await fetched(log);
      expect([within.code, within.end]).toEqual([0, expect.stringMatching(/ and in the promotion log$/)]);
      expect(within.stdout).toContain('✓ log: The log of the lane holds, 3 entries');
      const whole = join(dir, 'logged.bundle');
      git(source, 'bundle', 'create', '-q', whole, '--all');
      expect((await verify(whole)).end).toMatch(/ and in the promotion log$/);
    });

    it('names an entry that is not there, a log that was cut and one that was changed', async () => {
      const changed = {
        ...log[1]!,
        entry: Buffer.from(log[1]!.entry.toString().replace('"seq":2', '"seq":3')),
      };
      const cases: [LogRecord[], RegExp][] = [
        [log.slice(0, 1), /^NOT PROVEN: log_entry: The log has no entry for promotion prm_/],
        [[log[0]!, changed, log[2]!], /^NOT PROVEN: log: Entry 2 of the log is missing: number 3/],
        [[log[1]!, log[0]!, log[2]!], /^NOT PROVEN: log: Entry 1 of the log is missing/],
        [log.slice(1), /^NOT PROVEN: log: Entry 1 of the log is missing/],
      ];
      for (const [records, says] of cases) {
        const { code, end } = await fetched(records);
        expect([code, end]).toEqual([1, expect.stringMatching(says)]);
      }
    });

    it.each([
      ['garbage', () => 'not a commit\n'],
      ['nothing', () => ''],
      ['a link to itself', (ref: string) => `ref: ${ref}\n`],
      ['a link to what is not there', () => 'ref: refs/gatehouse/log/none\n'],
    ])('is not taken for one that is not here where its ref is %s', async (_, content) => {
      await fetched(log);
      const ref = logRefOf(predicateOf().history.lane.stream);
      const [file, honest] = [join(clone, '.git', ref), readFileSync(join(clone, '.git', ref))];
      writeFileSync(file, content(ref));
      try {
        const { code, end } = await verify(change.commit, '--repository', clone);
        expect([code, end]).toEqual([
          1,
          expect.stringMatching(`^NOT PROVEN: log: ${ref} is here and names `),
        ]);
      } finally {
        writeFileSync(file, honest);
      }
    });

    it('is held against a head that was kept', async () => {
      const file = join(dir, 'head.json');
      writeFileSync(file, log[2]!.head);
      await fetched(log);
      const look = () => verify(change.commit, '--repository', clone, '--log-head', file);
      expect((await look()).code).toBe(0);
      // It holds by itself, and only who kept the head can tell.
      expect((await fetched(log.slice(0, 2))).code).toBe(0);
      expect((await look()).end).toMatch(/^NOT PROVEN: log_head: The log ends at entry 2/);
      await fetched([]);
      expect((await look()).end).toMatch(/^NOT PROVEN: log_head: .* is not here/);
      const alone = await verify(join(dir, 'proof.json'), '--log-head', file);
      expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('--repository')]);
    });
  });
});
