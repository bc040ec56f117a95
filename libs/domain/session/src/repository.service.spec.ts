import type { FetchAnswer, GitRunner } from '@gatehouse/git';
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

  it.each([
    ['source.silent', 'git.unavailable', 'outage'],
    ['source.unreachable', 'repository.unreachable', 'caller'],
    ['source.damaged', 'repository.unreachable', 'caller'],
  ] as const)('that is %s for a fetch is %s, and both is noted', async (reason, code, fault) => {
    const noted: unknown[] = [];
    const rows = {
      find: () => Promise.resolve({ source: 'https://example.org/acme/widgets' }),
      update: (_manager: unknown, _id: string, set: unknown) => Promise.resolve(void noted.push(set)),
    };
    const plane = PlaneSettings.fromEnvironment({ GATEHOUSE_DATA_DIR: '/nowhere' });
    const service = new RepositoryService(rows as never, {} as GitRunner, plane, undefined);
    const answer: FetchAnswer = { ok: false, reason, message: 'Why.' };
    const mirror = { ensure: () => Promise.resolve(), fetch: () => Promise.resolve(answer) };
    Object.assign(service, { mirror: () => mirror, locate: () => Promise.resolve({}) });
    await expect(service.refresh('rep_1')).rejects.toMatchObject({ code, fault, message: 'Why.' });
    expect(noted).toEqual([{ mirrorError: 'Why.' }]);
  });
});
