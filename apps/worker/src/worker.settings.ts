import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import { Name, readSettings, TrustZone } from '@gatehouse/contracts';

export interface WorkerSettings {
  /** Where the plane is. */
  readonly url: string;
  /** A file of mode 0600 with the token of this worker; read once, at the start. */
  readonly tokenFile: string;
  readonly zone: TrustZone;
  readonly name: string;
  readonly slots: number;
  /** A folder for workspaces and sandbox records; it must outlive restarts so that leftovers are found. */
  readonly dir: string;
  /** Image of `docker_sandbox`; null leaves it to the sandbox. */
  readonly image: string | null;
  readonly allowUnisolated: boolean;
  readonly logLevel: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const nameFrom = (host: string, zone: string): string => {
  const plain = host
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .slice(0, 60);
  return `${plain.replace(/^[.-]+|[.-]+$/g, '') || 'worker'}-${zone}`;
};

/** Reads what this process is told. Answers all faults at once instead of throwing. */
export const readWorkerSettings = (
  env: Environment,
): { ok: true; settings: WorkerSettings } | { ok: false; faults: string[] } => {
  const plane = readSettings(env);
  const faults = plane.ok ? [] : [...plane.faults];
  const port = plane.ok ? plane.settings.GATEHOUSE_PORT : 0;
  const text = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const url = text('GATEHOUSE_URL') ?? `http://127.0.0.1:${port}`;
  if (!/^https?:\/\/[^/@\s]+\/?$/.test(url))
    faults.push('GATEHOUSE_URL: expected http(s)://host:port without a path or a password');
  const zone = TrustZone.safeParse(text('GATEHOUSE_TRUST_ZONE'));
  if (!zone.success) faults.push('GATEHOUSE_TRUST_ZONE: expected agent or validator');
  const name = Name.safeParse(text('GATEHOUSE_WORKER_NAME') ?? nameFrom(hostname(), zone.data ?? 'agent'));
  if (!name.success) faults.push(`GATEHOUSE_WORKER_NAME: ${name.error.issues[0]?.message ?? 'not a name'}`);
  const tokenFile = text('GATEHOUSE_TOKEN_FILE');
  if (tokenFile === undefined)
    faults.push('GATEHOUSE_TOKEN_FILE: expected the path of a file with the token of this worker');
  const dir = text('GATEHOUSE_WORKER_DIR');
  if (dir === undefined || !isAbsolute(dir))
    faults.push('GATEHOUSE_WORKER_DIR: expected the absolute path of a folder for workspaces');
  if (
    !plane.ok ||
    !zone.success ||
    !name.success ||
    tokenFile === undefined ||
    dir === undefined ||
    faults.length > 0
  ) {
    return { ok: false, faults };
  }
  const { settings } = plane;
  return {
    ok: true,
    settings: {
      url,
      tokenFile,
      zone: zone.data,
      name: name.data,
      slots: settings.GATEHOUSE_WORKER_SLOTS,
      dir,
      image: text('GATEHOUSE_SANDBOX_IMAGE') ?? null,
      allowUnisolated: settings.GATEHOUSE_ALLOW_UNISOLATED,
      logLevel: settings.GATEHOUSE_LOG_LEVEL,
    },
  };
};

/** The token in a file that nobody else can read; or why there is none. */
export const readToken = (path: string): { ok: true; token: string } | { ok: false; fault: string } => {
  try {
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) {
      return {
        ok: false,
        fault: `${path} can be read by others (mode ${(mode & 0o777).toString(8)}); run chmod 600 on it, and replace the token if others may have seen it.`,
      };
    }
    const token = readFileSync(path, 'utf8').trim();
    return /^[\x21-\x7e]{8,}$/.test(token)
      ? { ok: true, token }
      : { ok: false, fault: `${path} does not hold a token.` };
  } catch (error) {
    return { ok: false, fault: `${path} cannot be read: ${(error as Error).message}` };
  }
};
