import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import type { Attack } from './attack.fixture.js';
import { attackGroups } from './attack.groups.fixture.js';
import { blocksOf, Corpus } from './corpus.fixture.js';
import { shareOf, shareWords } from './share.fixture.js';

const corpus = new Corpus();
let before: string[];
beforeAll(async () => {
  await corpus.start();
  before = corpus.footprint();
});
afterAll(() => corpus.stop());

const bytesOf = (patch: Buffer | string): Buffer => Buffer.from(patch as string, 'latin1');
// eslint-disable-next-line no-control-regex
const unprintable = /[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/;

const endOf = async ({ patch, rules, ends, asks, count = 1 }: Attack): Promise<void> => {
  const bytes = bytesOf(patch(corpus));
  const judgement = await corpus.judge(bytes, rules);
  const blocks = blocksOf(judgement.results);
  for (const { answer, findings } of judgement.results)
    for (const { code, message, next, path, evidence } of findings) {
      expect(code).toMatch(/^[a-z_]+\.[a-z_0-9]+$/);
      expect(Math.min(message.length, next.length)).toBeGreaterThan(5);
      // People see them in terminals and pages, and canonical JSON must take them.
      expect([message, path ?? '', evidence ?? ''].filter((text) => unprintable.test(text))).toEqual([]);
      expect(['pass', 'fail']).toContain(answer);
    }
  if (ends === 'tree') {
    expect(blocks).toEqual([]);
    expect(judgement).toMatchObject({ passedSoFar: true, noop: false, tree: corpus.applied(spanOf(bytes)) });
  } else if (judgement.noop) {
    expect([ends].flat()).toContain('noop');
  } else {
    expect([judgement.passedSoFar, blocks.length === 0]).toEqual([asks === true, asks === true]);
    const given = judgement.results.flatMap(({ findings }) => findings).map(({ code }) => code);
    const counted = given.filter((code) => [ends].flat().includes(code));
    expect([counted.length >= count, blocks]).toEqual([true, blocks]);
  }
  expect(readdirSync(corpus.quarantineRoot)).toEqual([]);
};

/** Git am would take the mail apart; git apply reads from the first diff on. */
const spanOf = (bytes: Buffer): Buffer => bytes.subarray(Math.max(bytes.indexOf('diff --git '), 0));

describe.each(attackGroups)(`%s (${shareWords}):`, (_, attacks) => {
  it.each(shareOf(attacks).map((attack) => [attack.name.slice(0, 120), attack] as const))(
    '%s',
    (_name, attack) => endOf(attack),
  );
});

describe('all of them together', () => {
  it('have names of their own', () => {
    const names = attackGroups.flatMap(([, attacks]) => attacks.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(230);
  });
  it('left nothing behind and wrote nothing into the mirror', () => {
    expect(corpus.footprint()).toEqual(before);
  });
});
