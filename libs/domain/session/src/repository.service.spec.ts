import type { GitRunner } from '@gatehouse/git';
import { describe, expect, it } from '@jest/globals';
import { PlaneSettings } from './plane.settings.js';
import type { RepositoriesRepository } from './repository.repository.js';
import { RepositoryService } from './repository.service.js';

describe('a repository at the forge', () => {
  it('is read with another token once the last one was refused, and with that one from then on', async () => {
    const asked: (boolean | undefined)[] = [];
    const tokens = {
      readToken: (_repo: unknown, options?: { readonly fresh?: boolean }) => {
        asked.push(options?.fresh);
        return Promise.resolve({ token: 't', expiresAt: null });
      },
    };
    const plane = PlaneSettings.fromEnvironment({
      GATEHOUSE_DATA_DIR: '/nowhere',
      GATEHOUSE_GITHUB_APP_ID: '1',
    });
    const service = new RepositoryService({} as RepositoriesRepository, {} as GitRunner, plane, tokens);
    const read = async (name: string, isRefused = false) => {
      const { credential, credentialRefused } = await service.locate(`https://github.com/acme/${name}`);
      await credential!();
      if (isRefused) credentialRefused!();
    };
    await read('widgets', true);
    await read('gears');
    await read('widgets');
    await read('widgets');
    expect(asked).toEqual([false, false, true, false]);
  });
});
