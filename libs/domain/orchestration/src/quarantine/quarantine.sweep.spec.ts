import { afterAll, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlaneSettings } from '@gatehouse/session';
import { PlaneModule } from '../plane.module.js';
import { QuarantineSweep } from './quarantine.sweep.js';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-sweep-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(['api', 'engine', 'promoter'] as const)('%s clears up after itself', (name) => {
  expect(PlaneModule.for(name, () => undefined).providers).toContain(QuarantineSweep);
});

it('removes what a dead process left, and nothing else', async () => {
  for (const left of ['q-00000000-0-1-1-000000000000', 'something-else']) mkdirSync(join(folder, left));
  await new QuarantineSweep({ quarantineDir: folder } as PlaneSettings).onApplicationBootstrap();
  expect(readdirSync(folder)).toEqual(['something-else']);
});
