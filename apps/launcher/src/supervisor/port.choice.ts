import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { GatehouseError } from '@gatehouse/contracts';

/** The kernel gives ports from here on to clients, and two then collide. */
const ephemeral = 32_768;

export interface Ports {
  readonly api?: number;
  readonly postgres?: number;
  /** Of the door on loopback beside TLS. */
  readonly local?: number;
}

export const readPorts = (path: string): Ports => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Ports;
  } catch {
    return {};
  }
};

export const rememberPorts = (path: string, ports: Ports): void =>
  writeFileSync(path, JSON.stringify({ ...readPorts(path), ...ports }), { mode: 0o600 });

/** Can this machine listen on `host`:`port` now? */
export const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });

export interface PortWish {
  readonly host: string;
  /** The setting's name, for the message. */
  readonly setting: string;
  /** Asked for by name: no other will do. */
  readonly explicit: boolean;
  readonly first: number;
  /** Where an earlier start went. */
  readonly remembered: number | undefined;
  readonly taken: readonly number[];
}

/** The port to use: the one asked for, the one used before, the default, or the next free one after it. */
export const choosePort = async (wish: PortWish, free: typeof isFree = isFree): Promise<number> => {
  const { host, setting, explicit, first, remembered, taken } = wish;
  if (explicit) {
    if (await free(host, first)) return first;
    throw new GatehouseError(
      'request.invalid',
      `Port ${first} on ${host} is taken by another program. Stop it, or set ${setting} to a free port below ${ephemeral}.`,
    );
  }
  if (remembered !== undefined && !taken.includes(remembered) && (await free(host, remembered)))
    return remembered;
  for (let port = first; port < Math.min(first + 200, ephemeral); port += 1)
    if (!taken.includes(port) && (await free(host, port))) return port;
  throw new GatehouseError(
    'request.invalid',
    `No free port from ${first} on. Set ${setting} to one below ${ephemeral}.`,
  );
};
