import { GatehouseError } from '@gatehouse/contracts';
import { z } from 'zod';
import type { ForgeSettings } from './forge.settings.js';
import { faultOf } from './github.fault.js';
import { makeFetch } from './github.transport.js';

/** What a GitHub App is to be; GitHub shows it to a person, who says yes. No secret is in it. */
export const AppManifest = z.looseObject({
  name: z.string().min(1).max(34).describe('Nobody else at GitHub has it'),
  url: z.url(),
  public: z.literal(false),
  redirect_url: z.url().optional(),
  hook_attributes: z.strictObject({ url: z.url() }).optional(),
  default_permissions: z.record(z.string(), z.enum(['read', 'write'])),
  default_events: z.array(z.string()).optional(),
});
export type AppManifest = z.infer<typeof AppManifest>;

export interface ManifestWishes {
  readonly name: string;
  /** Where GitHub leads the browser with the code. */
  readonly redirectUrl: string;
  /** Where this installation is reached from outside; undefined where it is not. */
  readonly publicUrl: string | undefined;
}

/** The manifest for this installation. What nobody can reach gets no webhook: GitHub refuses an address on loopback. */
export const manifestFor = (
  template: AppManifest,
  { name, redirectUrl, publicUrl }: ManifestWishes,
): AppManifest => {
  const { hook_attributes: _hook, default_events: events, ...rest } = template;
  return {
    ...rest,
    name,
    redirect_url: redirectUrl,
    ...(publicUrl !== undefined && {
      url: publicUrl,
      hook_attributes: { url: `${publicUrl}/webhooks/github` },
      default_events: events,
    }),
  };
};

/** Where the form with a manifest goes; an App belongs to whoever is signed in, or to an organisation. */
export const newAppUrl = ({ url }: Pick<ForgeSettings, 'url'>, org?: string): string =>
  org === undefined
    ? `${url}/settings/apps/new`
    : `${url}/organizations/${encodeURIComponent(org)}/settings/apps/new`;

/** An App that has just been made; its key is shown this once. */
export interface NewApp {
  readonly id: number;
  readonly slug: string;
  /** Its page at GitHub. */
  readonly page: string;
  readonly pem: string;
  /** Null where it has no webhook. */
  readonly webhookSecret: string | null;
}

const Converted = z
  .object({
    id: z.int().positive(),
    slug: z.string().regex(/^[\w-]{1,100}$/),
    html_url: z.url(),
    pem: z.string().includes('PRIVATE KEY'),
    webhook_secret: z.string().min(1).nullish(),
  })
  .transform(({ html_url: page, webhook_secret: secret, ...rest }): NewApp => ({
    ...rest,
    page,
    webhookSecret: secret ?? null,
  }));

/**
 * What a code of the manifest's form stands for. It needs no credential and works once, so a lost answer is not asked
 * for again. Throws `forge.*`.
 */
export const convertManifest = async (
  { apiUrl, url }: Pick<ForgeSettings, 'apiUrl' | 'url'>,
  code: string,
  timeoutMs = 30_000,
): Promise<NewApp> => {
  if (!/^[\w-]{1,200}$/.test(code))
    throw new GatehouseError('forge.invalid', 'That is no code of GitHub. Take what is behind code= alone.');
  const lost = (cause?: unknown): GatehouseError =>
    new GatehouseError(
      'forge.unavailable',
      `GitHub's answer with the key did not arrive, and it is given once. Delete the App at ${url}/settings/apps if it is there, and begin again.`,
      { cause },
    );
  const response = await makeFetch({ timeoutMs })(`${apiUrl}/app-manifests/${code}/conversions`, {
    method: 'POST',
    headers: { accept: 'application/vnd.github+json', 'user-agent': 'gatehouse' },
  }).catch((error: unknown) => {
    throw lost(error);
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.status === 404)
    throw new GatehouseError(
      'forge.not_found',
      'GitHub does not know this code: it is good once, for an hour. Begin again.',
    );
  if (!response.ok) {
    const { message } = z.object({ message: z.string() }).catch({ message: '' }).parse(body);
    const header = (name: string) => response.headers.get(name) ?? undefined;
    throw faultOf('the code of the manifest', { status: response.status, header, message, errors: [] });
  }
  const parsed = Converted.safeParse(body);
  // What it says may hold the key, so it is no cause.
  if (!parsed.success) throw lost();
  return parsed.data;
};
