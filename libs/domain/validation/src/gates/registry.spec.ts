import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { noFacts, type ContextFacts, type TreeFacts } from '../facts.js';
import { inShort, sampleFacts } from '../facts.sample.js';
import { ask, stages } from '../gate.js';
import { combine } from '../verdict/verdict.js';
import { gates } from './index.js';

const files = readdirSync(import.meta.dirname);
const inFolder = files
  .filter((file) => file.endsWith('.gate.ts'))
  .map((file) => file.slice(0, -'.gate.ts'.length));
const fail = (gate: string, error: unknown): never => {
  throw new Error(gate, { cause: error });
};

describe('the registry', () => {
  it('holds exactly the gates of this folder, each under the name of its file', () => {
    expect(gates.map(({ id }) => id).sort()).toEqual(inFolder.sort());
  });

  it.each(inFolder)('%s has a spec', (id) => expect(files).toContain(`${id}.gate.spec.ts`));

  it('asks stage after stage', () => {
    const order = gates.map(({ stage }) => stages.indexOf(stage));
    expect(order).toEqual([...order].sort());
  });
});

describe.each(gates)('$id', (gate) => {
  it('says what it is', () => {
    expect(gate.id).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(gate.summary).toMatch(/^[A-Z][^\n]{10,120}[^.]$/);
    expect(Number.isInteger(gate.version) && gate.version > 0).toBe(true);
  });

  it('passes the sample without a word', () => {
    expect(inShort(ask(gate, sampleFacts(), fail))).toBe('pass');
  });

  it('never passes where nothing is known', () => {
    const { policy } = sampleFacts();
    const nothing: ContextFacts = { ...noFacts, policy };
    expect(inShort(ask(gate, nothing, fail))).toBe('error; gate.fact_missing');
  });

  it('does not pass a change whose details are missing', () => {
    const facts = sampleFacts({
      changes: [
        { path: 'new/link', newMode: '120000' },
        { path: 'new/file', blob: { size: 1, content: null } },
      ],
      policy: { symlinks: 'permit' },
    });
    const bare: TreeFacts = {
      ...facts.change!,
      blobs: new Map(),
      secrets: null,
      folders: new Map(),
      links: new Map(),
      fsck: null,
    };
    const needy = ['secrets', 'tree-size', 'fsck', 'illegal-names', 'symlink', 'embedded-repository'];
    const { answer } = ask(gate, { ...facts, change: bare }, fail);
    expect(answer).toBe(needy.includes(gate.id) ? 'error' : 'pass');
  });

  it('says the same of the same facts', () => {
    const text = () =>
      JSON.stringify(ask(gate, sampleFacts({ changes: [{ path: '.env' }, { path: 'a:b' }] }), fail));
    expect(text()).toBe(text());
  });
});

describe('all gates together', () => {
  it('pass the sample', () => {
    const results = gates.map((gate) => ask(gate, sampleFacts(), fail));
    expect(
      combine(
        results,
        gates.map(({ id }) => id),
      ).outcome,
    ).toBe('pass');
  });

  it('call a candidate that changes nothing a noop', () => {
    const results = gates.map((gate) => ask(gate, sampleFacts({ changes: [] }), fail));
    expect(
      combine(
        results,
        gates.map(({ id }) => id),
      ).outcome,
    ).toBe('noop');
  });
});
