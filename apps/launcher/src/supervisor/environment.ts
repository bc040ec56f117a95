import { join } from 'node:path';
import type { PlaneRole } from '@gatehouse/database';
import type { Installation } from '../installation.js';
import type { Addresses } from './addresses.js';
import { databaseUrlFile } from './secret.file.js';

/** Part of the plane that runs as a process of its own. */
export type Role = 'api' | 'engine' | 'promoter' | 'worker-agent' | 'worker-validator';

/** Of our own environment a child sees these and nothing else: what a shell or CI exported stays outside. */
const system = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'];
const outbound = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** Settings that a worker needs; no address or credential of the plane's inside is among them (I1). */
const workerSettings = [
  'GATEHOUSE_LOG_LEVEL',
  'GATEHOUSE_ALLOW_UNISOLATED',
  'GATEHOUSE_LEASE_TTL',
  'GATEHOUSE_LEASE_MARGIN',
  'GATEHOUSE_LEASE_HEARTBEAT',
  'GATEHOUSE_WORKER_SLOTS',
  'GATEHOUSE_SANDBOX_IMAGE',
];
/** Only one process listens, and only it needs what belongs to that. */
const apiOnly = [
  'GATEHOUSE_HOST',
  'GATEHOUSE_PUBLIC_HOSTS',
  'GATEHOUSE_TLS_KEY',
  'GATEHOUSE_TLS_CERT',
  'GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE',
];
/** Only one process writes to the forge, and only it has a use for these. */
const promoterOnly = ['GATEHOUSE_GITHUB_APP_KEY_FILE', 'GATEHOUSE_GITHUB_READ_TOKEN_FILE'];
/** These hold passwords, and an environment is easily shown: each process finds its own address in a file. */
const inFiles = [
  'DATABASE_URL',
  'GATEHOUSE_DATABASE_URL_API',
  'GATEHOUSE_DATABASE_URL_ENGINE',
  'GATEHOUSE_DATABASE_URL_PROMOTER',
];

const pick = (
  from: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (from[name] ? [[name, from[name]]] : [])));

/** Name of the variable that marks every process of an installation, so that `stop` can prove that none is left. */
export const marker = 'GATEHOUSE_INSTALLATION';

const workerEnvironment = (zone: string, { given, data, paths }: Installation, addresses: Addresses) => ({
  ...pick(given, workerSettings),
  GATEHOUSE_URL: addresses.localUrl,
  GATEHOUSE_TOKEN_FILE: join(paths.credentials, `worker-${zone}.token`),
  GATEHOUSE_TRUST_ZONE: zone,
  GATEHOUSE_WORKER_DIR: join(data, 'work', zone),
});

const planeEnvironment = (role: PlaneRole, { given, data, paths }: Installation, addresses: Addresses) => ({
  ...pick(
    given,
    Object.keys(given).filter(
      (name) =>
        !inFiles.includes(name) &&
        (role === 'api' || !apiOnly.includes(name)) &&
        (role === 'promoter' || !promoterOnly.includes(name)),
    ),
  ),
  GATEHOUSE_DATA_DIR: data,
  GATEHOUSE_PORT: String(addresses.port),
  ...(addresses.localPort !== undefined && { GATEHOUSE_LOCAL_PORT: String(addresses.localPort) }),
  GATEHOUSE_DATABASE_URL_FILE: databaseUrlFile(data, role),
  ...(role === 'api' && {
    GATEHOUSE_BOOTSTRAP_DIR: paths.credentials,
    // Workers beside us may be asked often, so that a cancel reaches them within seconds.
    GATEHOUSE_LEASE_HEARTBEAT: given['GATEHOUSE_LEASE_HEARTBEAT'] ?? '2s',
  }),
});

/** The whole environment of one part. */
export const environmentOf = (
  role: Role,
  installation: Installation,
  addresses: Addresses,
  own: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> => {
  const zone = /^worker-(.+)$/.exec(role)?.[1];
  return {
    ...pick(own, zone === undefined ? [...system, ...outbound] : [...system, 'DOCKER_HOST']),
    ...(zone === undefined
      ? planeEnvironment(role as PlaneRole, installation, addresses)
      : workerEnvironment(zone, installation, addresses)),
    NODE_ENV: 'production',
    [marker]: installation.data,
  };
};
