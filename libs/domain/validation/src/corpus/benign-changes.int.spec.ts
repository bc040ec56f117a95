import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { benignChanges, benignFiles } from './benign.corpus.fixture.js';
import { Corpus } from './corpus.fixture.js';
import { shareOf, shareWords } from './share.fixture.js';

const corpus = new Corpus();
beforeAll(() => corpus.start(benignFiles));
afterAll(() => corpus.stop());

describe(`what only looks like an attack passes under the default policy (${shareWords})`, () => {
  it.each(shareOf(benignChanges).map((change) => [change.name, change] as const))(
    '%s',
    async (_, { files, asks }) => {
      const base = corpus.text('rev-parse', `${corpus.base}^{tree}`);
      const after = corpus.changed(files, benignFiles);
      const { results, tree } = await corpus.judge(corpus.diff(base, after), {});
      const found = results.flatMap(({ findings }) => findings);
      const counted = found.filter(({ severity }) => severity !== 'warn').map(({ code }) => code);
      if (asks === undefined) expect(counted).toEqual([]);
      else expect(counted.filter((code) => !asks.includes(code))).toEqual([]);
      expect(counted.length > 0).toBe(asks !== undefined);
      expect(tree).toBe(after);
    },
  );

  it('are many, and each has a name of its own', () => {
    const names = benignChanges.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(80);
    expect(new Set(names).size).toBe(names.length);
  });
});
