import { z } from 'zod';
import { durationMs, Duration } from './duration.js';
import { imageReference, isImageList } from './sandbox.image.js';
import { whole } from './whole.js';

const flag = z.enum(['0', '1']).transform((v) => v === '1');
const port = whole(1, 65_535);
const webAddress = z
  .url({ protocol: /^https?$/, error: 'expected an http(s) address' })
  .transform((url) => url.replace(/\/+$/, ''));
const clock = (text: string) => Duration.default(text).transform(durationMs);

/** One row per setting: what it means, and how its text is read. All are environment variables. */
export const settings = {
  GATEHOUSE_DATA_DIR: {
    summary:
      'Everything the plane keeps on disk. Default: ~/.local/share/gatehouse/<hash of the clone>, as root /var/lib/gatehouse/<hash>',
    schema: z.string().optional(),
  },
  GATEHOUSE_PLANE_UID: {
    summary:
      'As root: first of four free numbers, the users of api, engine and promoter and their group. Default: four of 60706 to 61181, by the data folder',
    schema: whole(1, 4_000_000_000).optional(),
  },
  GATEHOUSE_HOST: {
    summary: 'Address to listen on. Off loopback TLS is required',
    schema: z.string().default('127.0.0.1'),
  },
  GATEHOUSE_PORT: { summary: 'Port of API and panel', schema: port.default(7070) },
  GATEHOUSE_PG_PORT: { summary: 'Port of the embedded Postgres', schema: port.default(7071) },
  GATEHOUSE_PUBLIC_HOSTS: {
    summary: 'Host names, comma-separated, that this installation answers to beside loopback',
    schema: z.string().default(''),
  },
  GATEHOUSE_TLS_CERT: { summary: 'Path of a PEM certificate chain', schema: z.string().optional() },
  GATEHOUSE_TLS_KEY: { summary: 'Path of its PEM key', schema: z.string().optional() },
  GATEHOUSE_LOCAL_PORT: {
    summary:
      'With TLS: port on 127.0.0.1 for the workers and commands of this machine, without TLS. The launcher chooses one',
    schema: port.optional(),
  },
  GATEHOUSE_REPOSITORY_ROOTS: {
    summary: 'Folders, colon-separated, under which repositories may be registered by path',
    schema: z.string().default(''),
  },
  GATEHOUSE_ALLOW_LOOPBACK_HTTP: {
    summary: '1: repositories may be registered by http://127.0.0.1 (tests)',
    schema: flag.default(false),
  },
  GATEHOUSE_ALLOW_UNISOLATED: {
    summary: '1: run agents without isolation where none works. Never where you do not trust them',
    schema: flag.default(false),
  },
  GATEHOUSE_LOG_LEVEL: {
    summary: 'trace, debug, info, warn, error',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  },
  GATEHOUSE_LEASE_TTL: { summary: 'A lease ends this long after its last renewal', schema: clock('60s') },
  GATEHOUSE_LEASE_MARGIN: {
    summary: 'The worker stops this long before, the plane takes over this long after',
    schema: clock('10s'),
  },
  GATEHOUSE_LEASE_HEARTBEAT: { summary: 'A worker renews this often', schema: clock('20s') },
  GATEHOUSE_APPROVAL_TTL: { summary: 'Approvals count this long', schema: clock('24h') },
  GATEHOUSE_APPROVAL_WAIT: {
    summary: 'What waits for an approval is taken back after so long',
    schema: clock('7d'),
  },
  GATEHOUSE_DECISION_RETENTION: {
    summary: 'Stored decisions of the policy are kept this long; what it decided stays in the history',
    schema: clock('90d'),
  },
  GATEHOUSE_INFRA_RETRIES: {
    summary: 'Tries after infrastructure broke',
    schema: whole(0, 20).default(3),
  },
  GATEHOUSE_MIRROR_FRESH: {
    summary:
      'A branch is read from the mirror without asking its origin when the mirror is younger than this',
    schema: clock('1s'),
  },
  GATEHOUSE_RATE_LIMIT: {
    summary: 'Requests a minute for one principal or address; 0: none',
    schema: whole(0).default(6000),
  },
  GATEHOUSE_WORKER_SLOTS: {
    summary: 'Attempts one embedded worker runs at once',
    schema: whole(1, 256).default(2),
  },
  GATEHOUSE_SANDBOX_IMAGE: {
    summary:
      'Image of docker_sandbox, with its tag. Default: gatehouse/sandbox:node-<major of Node>, made by make sandbox-image',
    schema: z.string().regex(imageReference, 'expected path:tag').optional(),
  },
  GATEHOUSE_SANDBOX_IMAGES: {
    summary:
      'Further images, comma-separated, that a job may name by their tag in validation.image; they have to be on the worker',
    schema: z.string().refine(isImageList, 'expected path:tag,path:tag with tags that differ').default(''),
  },
  GATEHOUSE_PUBLIC_URL: {
    summary:
      'Where people reach the panel, e.g. https://gatehouse.example.org; links in pull requests begin so',
    schema: webAddress.optional(),
  },
  GATEHOUSE_GITHUB_URL: {
    summary: 'Where GitHub is; of an Enterprise Server its address',
    schema: webAddress.default('https://github.com'),
  },
  GATEHOUSE_GITHUB_API_URL: {
    summary:
      'Its REST API. Default: that of github.com, or /api/v3 below the address of an Enterprise Server',
    schema: webAddress.optional(),
  },
  GATEHOUSE_GITHUB_APP_ID: {
    summary: 'Number or client id of the GitHub App that Gatehouse is; with it GATEHOUSE_GITHUB_APP_KEY_FILE',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9.]{1,40}$/, 'expected the number or client id of the App')
      .optional(),
  },
  GATEHOUSE_GITHUB_APP_KEY_FILE: {
    summary: 'Path of the private key of the App, PEM; only the promoter reads it',
    schema: z.string().optional(),
  },
  GATEHOUSE_GITHUB_TOKEN_FILE: {
    summary: 'Without an App: path of a fine-grained token that may write; only the promoter reads it',
    schema: z.string().optional(),
  },
  GATEHOUSE_GITHUB_READ_TOKEN_FILE: {
    summary: 'With it: path of a token that may only read; the promoter hands it to api and engine',
    schema: z.string().optional(),
  },
  GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE: {
    summary: 'Path of the secret that GitHub signs its webhooks with; two lines while it is being changed',
    schema: z.string().optional(),
  },
  GATEHOUSE_SCHEDULE_RETENTION: {
    summary: 'Runs of schedules are kept this long; what they submitted stays, and the newest run of each',
    schema: clock('90d'),
  },
  GATEHOUSE_WEBHOOK_RETENTION: {
    summary: 'What forges have sent is kept this long; what came of it stays',
    schema: clock('30d'),
  },
  GATEHOUSE_FORGE_POLL: {
    summary:
      'Open pull requests, and what people said to Gatehouse, are looked at this often where no webhook came',
    schema: clock('60s'),
  },
  DATABASE_URL: {
    summary: 'A Postgres of your own; absent: the embedded one',
    schema: z.string().optional(),
  },
  GATEHOUSE_DATABASE_URL_API: {
    summary:
      'Login of api in the Postgres of DATABASE_URL; give one for each of the three processes, or none',
    schema: z.string().optional(),
  },
  GATEHOUSE_DATABASE_URL_ENGINE: { summary: 'Login of engine there', schema: z.string().optional() },
  GATEHOUSE_DATABASE_URL_PROMOTER: { summary: 'Login of promoter there', schema: z.string().optional() },
  GATEHOUSE_DATABASE_WAIT: {
    summary:
      'A request or task waits this long for a free connection to Postgres, then fails and may be repeated',
    schema: clock('5s'),
  },
  REDIS_URL: {
    summary: 'A Redis for the task queue; absent: the queue is in Postgres',
    schema: z.string().optional(),
  },
} as const;

export type Settings = { [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']> };

/** True for names and addresses that lead to this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** What no single setting shows. Off this machine tokens would travel in the clear. */
const faultsTogether = ({
  GATEHOUSE_HOST: host,
  GATEHOUSE_TLS_CERT: cert,
  GATEHOUSE_TLS_KEY: key,
}: Settings): string[] => {
  if ((cert === undefined) !== (key === undefined))
    return ['set GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY together, or neither'];
  if (isLoopback(host) || cert !== undefined) return [];
  return [
    `GATEHOUSE_HOST: ${host} is not loopback, so TLS is required: set GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY, or listen on 127.0.0.1 behind a proxy`,
  ];
};

/** Reads settings from an environment. Answers the faults instead of throwing, all of them at once. */
export const readSettings = (
  env: Readonly<Record<string, string | undefined>>,
): { ok: true; settings: Settings } | { ok: false; faults: string[] } => {
  const faults: string[] = [];
  const out: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries(settings)) {
    const text = env[name] === '' ? undefined : env[name];
    const parsed = schema.safeParse(text);
    if (parsed.success) out[name] = parsed.data;
    else faults.push(`${name}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
  }
  if (faults.length === 0) faults.push(...faultsTogether(out as Settings));
  return faults.length ? { ok: false, faults } : { ok: true, settings: out as Settings };
};
