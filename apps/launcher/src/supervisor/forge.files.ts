import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GatehouseError, type Settings } from '@gatehouse/contracts';
import type { PlaneRole } from '@gatehouse/database';
import { runFolder } from './secret.file.js';

/** Secrets of the forge, and the one process that each is for (I3). */
const secrets = {
  GATEHOUSE_GITHUB_APP_KEY_FILE: { role: 'promoter', copy: 'github-app.pem' },
  GATEHOUSE_GITHUB_TOKEN_FILE: { role: 'promoter', copy: 'github.token' },
  GATEHOUSE_GITHUB_READ_TOKEN_FILE: { role: 'promoter', copy: 'github-read.token' },
  GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE: { role: 'api', copy: 'github-webhook.secret' },
} as const satisfies Partial<Record<keyof Settings, { role: PlaneRole; copy: string }>>;

/** Longest path that fits a socket address. */
const socketPathLimit = 103;

/**
 * Copies that only the user of the one process can read, since the files are root's, as a rule. Answers the settings
 * that name them. What is no longer configured is removed.
 */
export const forgeCopies = (
  role: PlaneRole,
  { data, settings }: { readonly data: string; readonly settings: Settings },
  hand: (path: string, text: string) => void,
): Record<string, string> => {
  const made: Record<string, string> = {};
  for (const [name, { role: whose, copy }] of Object.entries(secrets)) {
    if (whose !== role) continue;
    const to = join(runFolder(data, role), copy);
    const from = settings[name as keyof typeof secrets];
    if (from === undefined || !existsSync(from)) {
      rmSync(to, { force: true });
      continue;
    }
    hand(to, readFileSync(from, 'utf8'));
    made[name] = to;
  }
  return made;
};

/** Throws `request.invalid` where the promoter could not open its socket in this data folder. */
export const checkForgeSocket = ({
  data,
  settings,
}: {
  readonly data: string;
  readonly settings: Settings;
}): void => {
  const isConnected =
    settings.GATEHOUSE_GITHUB_APP_ID !== undefined || settings.GATEHOUSE_GITHUB_TOKEN_FILE !== undefined;
  const path = join(data, 'forge', 'forge.sock');
  if (isConnected && Buffer.byteLength(path) > socketPathLimit)
    throw new GatehouseError(
      'request.invalid',
      `${path} is too long for a socket (${socketPathLimit} bytes). Set GATEHOUSE_DATA_DIR to a shorter path.`,
    );
};
