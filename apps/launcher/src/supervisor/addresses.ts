import type { Installation } from '../installation.js';
import { choosePort, readPorts, rememberPorts } from './port.choice.js';

/** Where the parts find one another once ports are chosen. */
export interface Addresses {
  /** Base URL of the API for people. */
  readonly url: string;
  readonly port: number;
  /** Base URL for what runs on this machine: with TLS a door on loopback, where no name has to match a certificate. */
  readonly localUrl: string;
  /** Port of that door; undefined where there is no TLS and `url` is on loopback anyway. */
  readonly localPort: number | undefined;
}

const wildcard = new Set(['0.0.0.0', '::', '[::]']);

/** The address that a person at this machine uses; with a wildcard the first name that it is known by. */
export const urlOf = (settings: Installation['settings'], port: number): string => {
  const { GATEHOUSE_HOST: host, GATEHOUSE_TLS_CERT: certificate } = settings;
  const known = settings.GATEHOUSE_PUBLIC_HOSTS.split(',')[0]?.trim();
  const name = wildcard.has(host)
    ? known || '127.0.0.1'
    : host.includes(':') && !host.startsWith('[')
      ? `[${host}]`
      : host;
  return `${certificate === undefined ? 'http' : 'https'}://${name}:${port}`;
};

/** Chooses the ports of the API and remembers them for the next start. */
export const chooseAddresses = async ({ settings, given, paths }: Installation): Promise<Addresses> => {
  const remembered = readPorts(paths.ports);
  const port = await choosePort({
    host: settings.GATEHOUSE_HOST,
    setting: 'GATEHOUSE_PORT',
    explicit: given['GATEHOUSE_PORT'] !== undefined,
    first: settings.GATEHOUSE_PORT,
    remembered: remembered.api,
    taken: [settings.GATEHOUSE_PG_PORT],
  });
  rememberPorts(paths.ports, { api: port });
  const url = urlOf(settings, port);
  if (settings.GATEHOUSE_TLS_CERT === undefined) return { url, port, localUrl: url, localPort: undefined };
  const localPort = await choosePort({
    host: '127.0.0.1',
    setting: 'GATEHOUSE_LOCAL_PORT',
    explicit: given['GATEHOUSE_LOCAL_PORT'] !== undefined,
    first: settings.GATEHOUSE_LOCAL_PORT ?? settings.GATEHOUSE_PG_PORT + 1,
    remembered: remembered.local,
    taken: [port, settings.GATEHOUSE_PG_PORT],
  });
  rememberPorts(paths.ports, { local: localPort });
  return { url, port, localUrl: `http://127.0.0.1:${localPort}`, localPort };
};
