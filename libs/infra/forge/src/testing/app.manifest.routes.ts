import { randomBytes } from 'node:crypto';
import { appShape } from './account.shape.js';
import { created, notFound, refused } from './answer.js';
import { text, type Call, type Route } from './call.js';
import type { ManifestShape } from './github.types.js';
import type { Permissions } from './world.types.js';

interface Manifest {
  name?: string;
  redirect_url?: string;
  hook_attributes?: { url?: string };
  default_permissions?: Permissions;
  default_events?: string[];
}

function parsed(raw: string | null): Manifest | null {
  try {
    const value: unknown = JSON.parse(raw ?? '');
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

/** The form of "Create GitHub App from manifest"; GitHub asks on a page first, the stand-in agrees at once. */
function submit(call: Call) {
  const { world, body, query } = call;
  const manifest = parsed(text(body.manifest));
  const back = manifest?.redirect_url ?? '';
  if (!manifest || !URL.canParse(back)) return refused(422, 'The manifest needs a redirect_url.');
  const code = randomBytes(20).toString('hex');
  world.manifests.set(code, () => adopt(call, manifest));
  const location = new URL(back);
  location.searchParams.set('code', code);
  const state = query.get('state');
  if (state !== null) location.searchParams.set('state', state);
  return { status: 302, headers: { Location: location.href } };
}

/** The stand-in has one App, which becomes what the manifest says. */
function adopt({ world }: Call, manifest: Manifest): string {
  const secret = randomBytes(20).toString('hex');
  world.app.name = manifest.name ?? world.app.name;
  world.app.permissions = manifest.default_permissions ?? world.app.permissions;
  world.app.events = manifest.default_events ?? world.app.events;
  for (const installation of world.installations.values())
    installation.permissions = { ...world.app.permissions };
  world.deliveries.url = manifest.hook_attributes?.url ?? world.deliveries.url;
  world.deliveries.secret = secret;
  return secret;
}

export const manifestRoutes: Route[] = [
  { method: 'POST', pattern: '/settings/apps/new', handle: submit },
  { method: 'POST', pattern: '/organizations/:org/settings/apps/new', handle: submit },
  {
    method: 'POST',
    pattern: '/app-manifests/:code/conversions',
    handle: ({ world, params }) => {
      const convert = world.manifests.get(params.code ?? '');
      if (!convert) return notFound;
      // A code is good once.
      world.manifests.delete(params.code ?? '');
      const webhook_secret = convert();
      return created({
        ...appShape(world),
        client_secret: randomBytes(20).toString('hex'),
        webhook_secret,
        pem: world.app.privateKeyPem,
      } satisfies ManifestShape);
    },
  },
];
