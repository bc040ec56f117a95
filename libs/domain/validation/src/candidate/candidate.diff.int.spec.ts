import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { maxShownFiles } from './candidate.diff.js';
import { CandidateFixture } from './candidate.fixture.js';
import { noiseOf } from '../secrets/secret.sample.js';

let plane: CandidateFixture;
beforeAll(async () => {
  plane = await CandidateFixture.start();
});
afterAll(() => plane?.stop());

describe('the diff of a candidate', () => {
  it('shows every file, binary ones by size', async () => {
    const patch = plane.patch(() => {
      plane.write('README.md', 'one\n2\nthree\n');
      plane.write('src/data.bin', Buffer.from([0, 9, 9]));
      plane.write('src/größe.txt', 'neu\n');
      plane.write('src/big.txt', `${'x'.repeat(300_000)}\n`);
      rmSync(join(plane.work, 'src/old.txt'));
      rmSync(join(plane.work, 'shortcut'));
      plane.write('shortcut', 'now a file\n');
    });
    const input = await plane.input(plane.base, patch, {
      symlinks: 'permit',
      limits: { lineBytes: 400_000 },
    });
    const candidate = await plane.save(input, await plane.service.judge(input));
    const { files, truncated } = await plane.service.diff(candidate.id);
    expect(truncated).toBe(false);
    const shown = files.map(({ path, status, binary, oldSize, newSize, hunks, truncated: cut }) => ({
      ...{ path, status, binary, oldSize, newSize, hunks, cut },
    }));
    const text = { binary: false, cut: false };
    expect(shown).toEqual([
      {
        ...text,
        path: 'README.md',
        status: 'modified',
        oldSize: 14,
        newSize: 12,
        hunks: expect.stringMatching(/^@@ -1,3 \+1,3 @@\n one\n-two\n\+2\n three\n$/),
      },
      {
        ...text,
        path: 'shortcut',
        status: 'type_changed',
        oldSize: 11,
        newSize: 11,
        hunks: expect.stringContaining('+now a file\n'),
      },
      {
        ...text,
        path: 'src/big.txt',
        status: 'added',
        oldSize: null,
        newSize: 300_001,
        hunks: null,
        cut: true,
      },
      {
        path: 'src/data.bin',
        status: 'modified',
        binary: true,
        oldSize: 4,
        newSize: 3,
        hunks: null,
        cut: false,
      },
      {
        ...text,
        path: 'src/größe.txt',
        status: 'added',
        oldSize: null,
        newSize: 4,
        hunks: '@@ -0,0 +1 @@\n+neu\n',
      },
      {
        ...text,
        path: 'src/old.txt',
        status: 'deleted',
        oldSize: 4,
        newSize: null,
        hunks: '@@ -1 +0,0 @@\n-old\n',
      },
    ]);
    await expect(plane.service.diff(`cnd_${'0'.repeat(64)}`)).rejects.toMatchObject({
      code: 'candidate.not_found',
    });
  });

  it('shows no credential of either side, and every other line', async () => {
    const [fresh, gone] = [`ghp_${noiseOf(36)}`, `ghp_${noiseOf(36, 'word', 11)}`];
    plane.write('src/config.ts', `first\nconst a = "${gone}";\nlast\n`);
    const base = await plane.commit();
    const patch = plane.patch(() => {
      plane.write('src/config.ts', `first\nconst b = "${fresh}";\nlast\n`);
      plane.write('yarn.lock', `secret "${noiseOf(40, 'word', 3)}"\n`);
      plane.write(
        'flood.txt',
        `${Array.from({ length: 80 }, (_, i) => `ghp_${noiseOf(36, 'word', i)}`).join('\n')}\n`,
      );
    });
    const input = await plane.input(base, patch);
    const candidate = await plane.save(input, await plane.service.judge(input));
    const { files } = await plane.service.diff(candidate.id);
    const shown = files.map(({ path, hunks, truncated, masked }) => ({ path, hunks, truncated, masked }));
    const mark = '⟨credential, not shown⟩';
    expect(shown).toEqual([
      { path: 'flood.txt', hunks: null, truncated: true, masked: null },
      {
        path: 'src/config.ts',
        hunks: `@@ -1,3 +1,3 @@\n first\n-const a = "${mark}";\n+const b = "${mark}";\n last\n`,
        truncated: false,
        masked: 2,
      },
      {
        path: 'yarn.lock',
        hunks: expect.stringContaining(noiseOf(40, 'word', 3)),
        truncated: false,
        masked: 0,
      },
    ]);
  });

  it('lists the first files of very many', async () => {
    const patch = plane.patch(() => {
      for (let i = 0; i < maxShownFiles + 1; i += 1) plane.write(`many/${i}`, `${i}\n`);
    });
    const input = await plane.input(plane.base, patch, { limits: { files: 1000 } });
    const candidate = await plane.save(input, await plane.service.judge(input));
    const { files, truncated } = await plane.service.diff(candidate.id);
    expect([files.length, truncated]).toEqual([maxShownFiles, true]);
    expect(files.every(({ hunks }) => hunks?.startsWith('@@ -0,0 +1 @@'))).toBe(true);
  });
});
