import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startGitHub, type GitHub } from '@gatehouse/forge/testing';

/** The stand-in for GitHub, and the settings that connect a plane with it. */
export interface Forge {
  readonly hub: GitHub;
  readonly settings: Readonly<Record<string, string>>;
  /** Tells the stand-in where webhooks go. */
  connect(planeUrl: string): void;
  /** What git says of the repository there. Never called while this process is blocked: it answers itself. */
  git(repo: string, ...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

const secret = 'a secret of webhooks, for a scenario';

export const startForge = async (): Promise<Forge> => {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-forge-'));
  const hub = await startGitHub({ dir: join(dir, 'hub') });
  const key = join(dir, 'app.pem');
  const webhook = join(dir, 'webhook.secret');
  writeFileSync(key, hub.app.privateKeyPem, { mode: 0o600 });
  writeFileSync(webhook, `${secret}\n`, { mode: 0o600 });
  return {
    hub,
    settings: {
      GATEHOUSE_GITHUB_URL: hub.url,
      GATEHOUSE_GITHUB_API_URL: hub.apiUrl,
      GATEHOUSE_GITHUB_APP_ID: String(hub.app.id),
      GATEHOUSE_GITHUB_APP_KEY_FILE: key,
      GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE: webhook,
      GATEHOUSE_ALLOW_LOOPBACK_HTTP: '1',
      GATEHOUSE_FORGE_POLL: '2s',
    },
    connect: (planeUrl) => {
      hub.webhooks.url = `${planeUrl}/webhooks/github`;
      hub.webhooks.secret = secret;
    },
    git: async (repo, ...args) => {
      const { stdout } = await promisify(execFile)('git', ['-C', hub.repository(repo).git.dir, ...args]);
      return stdout.trim();
    },
    stop: async () => {
      await hub.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** Asks again until `ask` answers something; throws with what was waited for after half a minute. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> => {
  for (let i = 0; i < 300; i++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(100);
  }
  throw new Error(`Waited half a minute for ${what}.`);
};
