import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatehouseError } from '@gatehouse/contracts';
import { startGitHub, type GitHub } from '@gatehouse/forge/testing';
import { createForgeWriter } from '@gatehouse/forge/writer';
import { forgeWriter } from '@gatehouse/promotion';
import { forgeReader } from '@gatehouse/session';
import { PromotionFixture } from './promotion.fixture.js';

export const widgets = 'acme/widgets';

/** A promoter beside the stand-in for GitHub, with a repository there. */
export const startBesideForge = async (
  repository: { drafts?: boolean } = {},
): Promise<{ hub: GitHub; plane: PromotionFixture; stop(): Promise<void> }> => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-forge-')));
  const hub = await startGitHub({ dir: join(dir, 'hub') });
  await hub.addRepository({
    owner: 'acme',
    name: 'widgets',
    files: { 'README.md': 'teh first line\n' },
    people: { alice: 'write' },
    private: false,
    ...repository,
  });
  const appKeyFile = join(dir, 'app.pem');
  writeFileSync(appKeyFile, hub.app.privateKeyPem, { mode: 0o600 });
  Object.assign(process.env, {
    GATEHOUSE_GITHUB_URL: hub.url,
    GATEHOUSE_GITHUB_API_URL: hub.apiUrl,
    GATEHOUSE_GITHUB_APP_ID: String(hub.app.id),
    GATEHOUSE_GITHUB_APP_KEY_FILE: appKeyFile,
    GATEHOUSE_ALLOW_LOOPBACK_HTTP: '1',
  });
  const writer = await createForgeWriter({
    url: hub.url,
    apiUrl: hub.apiUrl,
    appId: String(hub.app.id),
    appKeyFile,
    tokenFile: undefined,
    readTokenFile: undefined,
    webhookSecretFile: undefined,
  });
  const plane = await PromotionFixture.start({
    origin: `${hub.url}/${widgets}`,
    forge: [
      { provide: forgeWriter, useFactory: () => writer },
      { provide: forgeReader, useFactory: () => writer.reader },
    ],
  });
  return {
    hub,
    plane,
    stop: async () => {
      await plane.stop();
      await hub.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** Runs a promotion as its task does: where we ask more than a forge allows, again once it may be asked. */
export const runAsAllowed = async (plane: PromotionFixture, id: string): Promise<void> => {
  for (;;)
    try {
      return await plane.run(id);
    } catch (error) {
      const pauseMs = error instanceof GatehouseError ? error.details?.['retryAfterMs'] : undefined;
      if (typeof pauseMs !== 'number') throw error;
      await sleep(pauseMs);
    }
};
