import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { createClient, type Client } from '@gatehouse/client';
import { CliFault } from './exit.code.js';
import type { Io } from './io.js';

export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
}

/** Where the installation of this clone keeps its data; the launcher decides the same way. */
export const dataDirOf = ({
  env,
  clone,
  home,
  isRoot,
}: Pick<Io, 'env' | 'clone' | 'home' | 'isRoot'>): string => {
  if (env['GATEHOUSE_DATA_DIR']) return resolve(env['GATEHOUSE_DATA_DIR']);
  const hash = createHash('sha256').update(clone).digest('hex').slice(0, 12);
  return isRoot ? join('/var/lib/gatehouse', hash) : join(home, '.local', 'share', 'gatehouse', hash);
};

const text = async (io: Io, path: string): Promise<string | undefined> => {
  try {
    return new TextDecoder().decode(await io.read(path));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw new CliFault(
      'usage',
      `${path} cannot be read (${String((error as Error).message)})`,
      'check its owner and mode',
      {
        cause: error,
      },
    );
  }
};

/** The address of the plane that the launcher of this clone runs; undefined where it runs none. */
const localUrl = async (io: Io): Promise<string | undefined> => {
  const status = await text(io, join(dataDirOf(io), 'status.json')).catch(() => undefined);
  if (status === undefined) return undefined;
  try {
    const { url, localUrl } = JSON.parse(status) as { url?: unknown; localUrl?: unknown };
    if (typeof localUrl === 'string') return localUrl;
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

const parseUrl = (given: string): URL => {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new CliFault('usage', `"${given}" is not an address`, 'give one like http://127.0.0.1:7070');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new CliFault('usage', `${url.protocol} is not served`, 'give an http or https address');
  }
  if (url.username || url.password) {
    throw new CliFault(
      'usage',
      'the address holds a credential',
      'pass a token instead: GATEHOUSE_TOKEN_FILE',
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new CliFault('usage', `a token would travel to ${url.host} in the clear`, 'use its https address');
  }
  return url;
};

const tokenIn = (content: string, where: string): string => {
  const token = content.trim();
  if (!/^[!-~]{1,200}$/.test(token)) {
    throw new CliFault(
      'usage',
      `${where} does not hold one token`,
      'put the token alone into it, on one line',
    );
  }
  return token;
};

const tokenFrom = async (io: Io, path: string, warn: (line: string) => void): Promise<string> => {
  const content = await text(io, path);
  if (content === undefined) {
    throw new CliFault('usage', `there is no token file at ${path}`, 'check the path');
  }
  if ((await io.modeOf(path)) & 0o077) warn(`gatehouse: others may read ${path} — run chmod 600 on it`);
  return tokenIn(content, path);
};

/**
 * The token: named on the command line, in the environment, or else that of the installation of this clone, which
 * is given to that installation alone.
 */
const findToken = async (
  io: Io,
  options: ConnectionOptions,
  isLocal: boolean,
  warn: (line: string) => void,
): Promise<string | undefined> => {
  if (options.tokenFile) return tokenFrom(io, options.tokenFile, warn);
  if (io.env['GATEHOUSE_TOKEN']) return tokenIn(io.env['GATEHOUSE_TOKEN'], 'GATEHOUSE_TOKEN');
  if (io.env['GATEHOUSE_TOKEN_FILE']) return tokenFrom(io, io.env['GATEHOUSE_TOKEN_FILE'], warn);
  if (!isLocal) return undefined;
  const path = join(dataDirOf(io), 'credentials', 'admin.token');
  const content = await text(io, path);
  return content === undefined ? undefined : tokenIn(content, path);
};

/** Finds plane and token. Throws `CliFault` that says which is missing and how to give it. */
export const connect = async (
  io: Io,
  options: ConnectionOptions,
  warn: (line: string) => void,
): Promise<Client> => {
  const local = await localUrl(io);
  const given = options.url || io.env['GATEHOUSE_URL'] || local;
  if (given === undefined) {
    throw new CliFault(
      'unreachable',
      'no Gatehouse of this clone runs',
      'start it with gatehouse start, or name another with GATEHOUSE_URL or --url',
    );
  }
  const url = parseUrl(given);
  const isLocal = local !== undefined && new URL(local).origin === url.origin;
  const token = await findToken(io, options, isLocal, warn);
  if (token === undefined) {
    throw new CliFault(
      'forbidden',
      `there is no token for ${url.origin}`,
      'give one with GATEHOUSE_TOKEN, GATEHOUSE_TOKEN_FILE or --token-file',
    );
  }
  return createClient({ baseUrl: url.origin + url.pathname.replace(/\/+$/, ''), token, fetch: io.fetch });
};
