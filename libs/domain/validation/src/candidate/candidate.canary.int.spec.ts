import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CandidateFixture } from './candidate.fixture.js';
import type { Judgement } from './candidate.judge.js';

const token = ['AKIA', 'QW3RTYU7OPASDFGH'].join('');
const nothing = Buffer.alloc(0);

let plane: CandidateFixture;
beforeAll(async () => {
  plane = await CandidateFixture.start();
});
afterAll(() => plane?.stop());

const judged = async (patch: Buffer, tokens: readonly string[], log: Buffer): Promise<Judgement> =>
  plane.judgeAndLearn({ ...(await plane.input(plane.base, patch)), bait: { tokens, log } });
const said = ({ results }: Judgement): string[] => {
  const { answer, findings } = results.find(({ gate }) => gate === 'canary')!;
  return [answer, ...findings.map(({ message, path }) => `${path ?? message.split(' hold')[0]}`)];
};

describe('the canary of a session', () => {
  const honest = () => plane.patch(() => plane.write('README.md', 'one\n2\nthree\n'));

  it('is looked for in the output as well, and again where the same change was judged before', async () => {
    expect(said(await judged(honest(), [token], Buffer.from('token\n')))).toEqual(['pass']);
    const again = await judged(honest(), [token], Buffer.from(`id ${token}\n`));
    expect(again).toMatchObject({ cached: true, passedSoFar: false, commands: [], repair: null });
    expect(said(again)).toEqual(['fail', 'The output of the agent']);
    expect(said(await judged(honest(), [], Buffer.from(token)))).toEqual(['pass']);
  });

  it('is found in names and in contents that git packs', async () => {
    const patch = plane.patch(() => {
      plane.write('data.bin', Buffer.concat([Buffer.from([0, 1]), Buffer.from(token)]));
      plane.write(`docs/${token}.md`, 'x\n');
    });
    expect(said(await judged(patch, ['other words that are long', token], nothing))).toEqual([
      'fail',
      'The name of this file',
      'data.bin',
    ]);
  });

  it('is found in a patch that leads to no tree', async () => {
    const patch = plane.patch(() => plane.write('README.md', `one\ntwo\nthree\n${token}\n`));
    const broken = Buffer.from(patch.toString().replace(/^ three$/m, ' thrice'));
    const judgement = await judged(broken, [token], nothing);
    expect(judgement.tree).toBeNull();
    expect(said(judgement)).toEqual(['fail', 'The patch']);
  });
});
