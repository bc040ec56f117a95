import { describe, expect, it } from '@jest/globals';
import type { GateResult, PolicyRules } from '@gatehouse/contracts';
import fc from 'fast-check';
import type { ContextFacts } from './facts.js';
import { sampleFacts, type SampleChange, type SampleOptions } from './facts.sample.js';
import { ask } from './gate.js';
import { gates } from './gates/index.js';
import { quotePath } from './quote.js';
import { repairOf } from './repair.js';
import { weigh } from './verdict/verdict.js';

const staticGates = gates.filter(({ part, stage }) => part === 'static' && stage === 'tree');
const asked = (facts: ContextFacts): GateResult[] =>
  weigh(
    staticGates.map((gate) =>
      ask(gate, facts, (id, cause) => {
        throw new Error(id, { cause });
      }),
    ),
    gates,
    facts.policy.gates,
  );
const blocked = (results: readonly GateResult[]): string[] =>
  results
    .filter(({ answer, required }) => answer !== 'pass' && required !== false)
    .flatMap(({ gate, findings }) => findings.map(({ code }) => `${gate} ${code}`));

const repairIn = (options: SampleOptions) => {
  const facts = sampleFacts(options);
  return repairOf(asked(facts), facts.change!, facts.policy.limits, (change) => asked({ ...facts, change }));
};
const change = (path: string, more: Partial<SampleChange> = {}): SampleChange => ({ path, ...more });
const sized = (path: string, size: number): SampleChange => ({
  path,
  blob: { size, content: { binary: false, longestLine: 1, head: 'x', text: 'x\n', utf8: true, type: null } },
});

describe('repairOf', () => {
  it('names the files that are blocked, and nothing of a change that is not', () => {
    const changes = [change('src/a.ts'), change('.github/workflows/x.yml'), change('logs/run.log')];
    expect(repairIn({ changes })).toEqual({
      drop: ['.github/workflows/x.yml', 'logs/run.log'],
      others: 0,
      approvals: [],
      sentence:
        'Leave out these 2 files (.github/workflows/x.yml, logs/run.log), and the rest passes every check of the change itself.',
    });
    expect(repairIn({ changes: [change('src/a.ts')] })).toBeNull();
  });

  it('says which findings need an approval even then', () => {
    const changes = [change('run.sh', { newMode: '100755' }), change('.env')];
    expect(repairIn({ changes })).toMatchObject({
      drop: ['.env'],
      approvals: [{ gate: 'executable-bit', code: 'mode.executable', path: 'run.sh' }],
      sentence:
        'Leave out this file (.env), and the rest needs one approval and nothing else of the change itself.',
    });
  });

  it('keeps one of two names that only clash with each other, and none that clashes with the base', () => {
    const twins = [change('a/Read.md'), change('a/read.md'), change('b.md')];
    expect(repairIn({ changes: twins })?.drop).toHaveLength(1);
    const changes = [change('a/read.md'), change('b.md')];
    expect(repairIn({ changes, existing: ['a/Read.md'] })?.drop).toEqual(['a/read.md']);
  });

  it('leaves out all of a folder whose name is at fault', () => {
    const changes = [change('a:b/one'), change('a:b/two/three'), change('c')];
    expect(repairIn({ changes })?.drop).toEqual(['a:b/one', 'a:b/two/three']);
  });

  it('meets a limit on the number of files by any others, and one on bytes by the largest', () => {
    const changes = ['a', 'b', 'c', 'd', '.env'].map((path) => change(path));
    expect(repairIn({ changes, policy: { limits: { files: 3 } } })).toMatchObject({
      drop: ['.env'],
      others: 1,
      sentence:
        'Leave out this file (.env) and any 1 other file, and the rest passes every check of the change itself.',
    });
    const large = [sized('a', 10), sized('b', 700), sized('c', 20), sized('d', 600)];
    expect(repairIn({ changes: large, policy: { limits: { inflatedBytes: 100 } } })).toMatchObject({
      drop: ['b', 'd'],
      others: 0,
    });
  });

  it.each<[string, SampleOptions]>([
    ['all of it is blocked', { changes: [change('.env'), change('a.log')] }],
    ['no file may change', { changes: [change('a'), change('b')], policy: { allowedPaths: [] } }],
    ['the limit is none at all', { changes: [change('a')], policy: { limits: { files: 0 } } }],
  ])('knows none where %s', (_, options) => expect(repairIn(options)).toBeNull());

  it('knows none where git itself finds a fault, a fact is missing, or another part fails', () => {
    const facts = sampleFacts({ changes: [change('a'), change('.env')] });
    const again = (): GateResult[] => [];
    const fault = { oid: 'f'.repeat(40), code: 'x', message: 'x', inherited: false };
    for (const fsck of [[fault], null]) {
      const bad = { ...facts, change: { ...facts.change!, fsck } };
      expect(repairOf(asked(bad), bad.change, bad.policy.limits, again)).toBeNull();
    }
    const base = ask(
      gates.find(({ id }) => id === 'clean-base')!,
      { ...facts, base: null },
      () => {},
    );
    expect(repairOf([...asked(facts), base], facts.change!, facts.policy.limits, again)).toBeNull();
  });

  it('holds: without these entries, and any so many others, every static gate passes', () => {
    const paths = fc.constantFrom(
      ...['src/a.ts', 'src/b.ts', 'docs/x.md', 'README.md', 'readme.md', 'Src/a.ts', 'docs/X.MD'],
      ...[
        '.env',
        'logs/a.log',
        '.github/workflows/ci.yml',
        'node_modules/x/y.js',
        'a:b/c',
        'con/x',
        'e\u202e',
      ],
      ...['m/HEAD', 'm/objects/a', 'm/refs/b', 'x/.git/config', '-f', 'tab\there', 'ä/ö', 'dot.', 'sub'],
      ...['.gitmodules', '.gitattributes', 'package.json', 'Makefile', 'AGENTS.md', 'sub/deeper/file'],
    );
    const one = fc.record({
      path: paths,
      newMode: fc.constantFrom('100644', '100644', '100644', '100755', '120000', '160000', '000000'),
      oldMode: fc.constantFrom('000000', '000000', '100644', '120000'),
      text: fc.constantFrom(
        'plain\n',
        'const a = 1;\n',
        'x \u202e y\n',
        'p\u0430ypal\n',
        `${'long'.repeat(30)}\n`,
      ),
    });
    const policy = fc.constantFrom<PolicyRules>(
      {},
      { limits: { files: 3 } },
      { limits: { inflatedBytes: 60, lineBytes: 50 } },
      { symlinks: 'require_approval', gitlinks: 'permit' },
      { allowedPaths: ['src/**', '*', 'docs/**'], executables: 'forbid' },
      { gates: { required: [], blocking: ['protected-paths'] } },
      { gates: { required: ['*'], blocking: ['*'] } },
    );
    let repaired = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(one, { maxLength: 9, selector: ({ path }) => path }),
        policy,
        fc.nat(),
        (all, rules, from) => {
          const kinds = all.filter(({ oldMode, newMode }) => oldMode !== newMode || newMode === '100644');
          const changes = kinds.filter(
            ({ path, newMode, oldMode }) =>
              (newMode !== '000000' || oldMode !== '000000') &&
              !kinds.some((other) => other.path.startsWith(`${path}/`)),
          );
          const repair = repairIn({ changes, policy: rules });
          if (repair === null) return;
          repaired += 1;
          const named = changes.filter(
            ({ path }) =>
              !repair.drop.includes(quotePath(sampleFacts({ changes: [{ path }] }).change!.entries[0]!.path)),
          );
          expect(named).toHaveLength(changes.length - repair.drop.length);
          const start = named.length === 0 ? 0 : from % named.length;
          const turned = [...named.slice(start), ...named.slice(0, start)];
          const gone = changes.filter((each) => !named.includes(each));
          // Facts made anew, as git would: what is left out is as it was in the base.
          const back = gone.filter(({ oldMode }) => oldMode !== '000000').map(({ path }) => path);
          const rest = sampleFacts({ changes: turned.slice(repair.others), existing: back, policy: rules });
          expect(blocked(asked(rest))).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
    expect(repaired).toBeGreaterThan(15);
  });
});
