import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AppManifest, manifestFor, newAppUrl } from './app.manifest.js';
import { neededPermissions } from './github.preflight.js';

const path = join(import.meta.dirname, '../../../../examples/github/app-manifest.json');
const template = AppManifest.parse(JSON.parse(readFileSync(path, 'utf8')));
const wishes = { name: 'ours', redirectUrl: 'http://127.0.0.1:1/created' };

describe('the manifest of the App', () => {
  it('asks for what we need and not a right more', () => {
    expect(template.default_permissions).toEqual(neededPermissions);
    expect(template.public).toBe(false);
  });

  it('has a webhook where we can be reached', () => {
    const { hook_attributes, default_events, ...rest } = manifestFor(template, {
      ...wishes,
      publicUrl: 'https://g.example',
    });
    expect(hook_attributes).toEqual({ url: 'https://g.example/webhooks/github' });
    expect(default_events).toEqual(template.default_events);
    expect(rest).toMatchObject({ name: 'ours', url: 'https://g.example', redirect_url: wishes.redirectUrl });
  });

  it('has no webhook and no events where we cannot: GitHub would refuse the whole', () => {
    const alone = manifestFor(template, { ...wishes, publicUrl: undefined });
    expect(alone).not.toHaveProperty('hook_attributes');
    expect(alone).not.toHaveProperty('default_events');
    expect(AppManifest.parse(alone).default_permissions).toEqual(neededPermissions);
  });

  it.each([
    [undefined, 'https://h.example/settings/apps/new'],
    ['acme', 'https://h.example/organizations/acme/settings/apps/new'],
    ['a/../b', 'https://h.example/organizations/a%2F..%2Fb/settings/apps/new'],
  ])('of %s goes to %s', (org, to) => expect(newAppUrl({ url: 'https://h.example' }, org)).toBe(to));
});
