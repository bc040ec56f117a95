import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSettings } from '@gatehouse/contracts';
import { reachableTempFolder } from '@gatehouse/database/testing';
import { pathsIn, type Installation } from '../installation.js';
import { asUser, findBoundary, type FoundBoundary } from './boundary.js';
import { firstUidOf, identitiesFrom } from './identities.js';
import { closedAbove, openView } from './private.view.js';

// Only root may mount, and only root needs it; a root that may not is told so by doctor.
const mayMount =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', '--', 'mount', '-t', 'tmpfs', 'x', '/tmp']).status === 0;

(mayMount ? describe : describe.skip)('a clone below a folder that is closed', () => {
  let folder: string;
  let installation: Installation;
  let found: FoundBoundary;
  const at = (...path: string[]): string => join(folder, 'closed', 'clone', ...path);
  const write = (path: string, mode = 0o644): void => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'first', { mode });
  };
  /** What a program answers that is started as the engine is. */
  const asEngine = (...command: string[]) => {
    if (found.kind.kind !== 'users') throw new Error(found.kind.reason);
    const { engine, planeGid } = found.kind.identities;
    const [file = '', ...args] = [...(found.view?.words ?? []), ...asUser(engine, planeGid), ...command];
    return spawnSync(file, args, { encoding: 'utf8', cwd: '/', env: { PATH: process.env['PATH'] } });
  };
  const mounts = (): string => readFileSync('/proc/self/mountinfo', 'utf8');

  beforeAll(async () => {
    folder = await reachableTempFolder('gatehouse-view-');
    chmodSync(folder, 0o711);
    mkdirSync(join(folder, 'closed'), { mode: 0o700 });
    for (const app of ['api', 'engine', 'promoter']) write(at('apps', app, 'dist', 'main.js'));
    write(at('libs', 'contracts', 'dist', 'index.js'));
    write(at('node_modules', 'pg', 'package.json'));
    write(at('libs', 'kept.pem'), 0o600);
    write(at('libs', 'open-to-write'));
    chmodSync(at('libs', 'open-to-write'), 0o666);
    write(at('.env'));
    write(at('.git', 'config'));
    write(join(folder, 'closed', 'beside'));
    const data = join(folder, 'closed', 'data');
    mkdirSync(data, { mode: 0o711 });
    const settings = readSettings({});
    if (!settings.ok) throw new Error(settings.faults.join());
    installation = {
      clone: at(),
      apps: at('apps'),
      data,
      settings: settings.settings,
      given: {},
      paths: pathsIn(data),
    };
    // A supervisor that makes private files must still make folders that others can pass.
    const umask = process.umask(0o077);
    found = await findBoundary(installation);
    process.umask(umask);
  });
  afterAll(() => {
    found.view?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('still has processes with users of their own, which see the program at its path', () => {
    expect(found.kind).toEqual({
      kind: 'users',
      identities: identitiesFrom(firstUidOf(installation.data)),
      behind: [join(folder, 'closed')],
    });
    for (const path of [at('apps/engine/dist/main.js'), at('node_modules/pg/package.json')])
      expect(asEngine('cat', path)).toMatchObject({ status: 0, stdout: 'first' });
    expect(asEngine('id', '-u').stdout.trim()).toBe(String(firstUidOf(installation.data) + 1));
  });

  it.each(['clone/.env', 'clone/.git/config', 'beside'])('hides %s, which is no part of it', (path) => {
    expect(readFileSync(join(folder, 'closed', path), 'utf8')).toBe('first');
    expect(asEngine('cat', join(folder, 'closed', path)).stderr).toMatch(/No such file/);
  });

  it('opens no file that was not open to all, and lets none be changed', () => {
    expect(asEngine('cat', at('libs', 'kept.pem')).stderr).toMatch(/Permission denied/);
    expect(asEngine('tee', at('libs', 'open-to-write')).stderr).toMatch(/Read-only file system/);
    expect(asEngine('umount', join(folder, 'closed')).status).not.toBe(0);
    expect(
      asEngine('unshare', '--user', '--map-root-user', '--mount', 'umount', join(folder, 'closed')).status,
    ).not.toBe(0);
  });

  it('lets the data folder be written to where its modes allow it', () => {
    const own = join(installation.data, 'own');
    mkdirSync(own);
    chmodSync(own, 0o777);
    expect(asEngine('touch', join(own, 'made'))).toMatchObject({ status: 0, stderr: '' });
    expect(statSync(join(own, 'made')).uid).toBe(firstUidOf(installation.data) + 1);
  });

  it('shows what is built anew, also to a process that is started later', () => {
    rmSync(at('apps', 'engine', 'dist'), { recursive: true });
    write(at('apps', 'engine', 'dist', 'main.js'));
    writeFileSync(at('apps', 'engine', 'dist', 'main.js'), 'second');
    expect(asEngine('cat', at('apps', 'engine', 'dist', 'main.js')).stdout).toBe('second');
  });

  it('leaves no mount and no process on the machine', () => {
    expect(mounts()).not.toContain(folder);
    expect(readdirSync(join(installation.data, 'run', 'view'))).toEqual([]);
    const [, inside = ''] = found.view?.words ?? [];
    const namespace = statSync(inside.replace('--mount=', '')).ino;
    const living = readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && statSync(`/proc/${pid}/ns/mnt`).ino === namespace;
      } catch {
        return false;
      }
    });
    expect(living).toEqual([]);
  });

  it('is one boundary less, with the reason, where its own files are not open to all', async () => {
    chmodSync(at('node_modules', 'pg', 'package.json'), 0o600);
    const { kind, view } = await findBoundary(installation);
    chmodSync(at('node_modules', 'pg', 'package.json'), 0o644);
    expect(view).toBeUndefined();
    expect(kind).toMatchObject({
      kind: 'process',
      reason: expect.stringMatching(/cannot read .*node_modules\/pg\/package\.json; make it readable /),
    });
  });

  it('says why there is no view of it, and leaves nothing half made', async () => {
    const missing = await openView([{ path: at('gone') }], join(installation.data, 'run', 'other'));
    expect(missing).toEqual({ ok: false, reason: expect.stringContaining(at('gone')) });
    expect(mounts()).not.toContain(folder);
  });

  it('is found by the outermost folder that others cannot pass', () => {
    expect(closedAbove(at('libs', 'kept.pem'))).toBe(join(folder, 'closed'));
    expect(closedAbove(join(folder, 'closed'))).toBeUndefined();
  });
});
