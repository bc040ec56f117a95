import { describe, expect, it } from '@jest/globals';
import { inodesFor, planRoom, type HostFacts, type RoomWish } from './room.plan.js';

const facts: HostFacts = {
  system: { '/usr': null, '/bin': 'usr/bin', '/lib': 'usr/lib' },
  etc: [
    { name: 'ssl', folder: true },
    { name: 'ld.so.cache', folder: false },
  ],
  devices: ['null', 'urandom'],
  node: { program: '/root/.nvm/node/bin/node', modules: '/root/.nvm/node/lib/node_modules' },
};
const wish: RoomWish = {
  workspace: '/var/lib/gatehouse/work/a',
  workspaceReadOnly: false,
  extraReadOnly: [],
  isFolder: (host) => host.endsWith('/'),
  tmpfsBytes: 1 << 20,
  uid: 1234,
  enterScript: 'enter',
  initScript: 'init',
};

describe('planRoom', () => {
  it('binds only what is named, and only the workspace and devices writable', () => {
    const binds = planRoom(facts, wish).mounts.filter((m) => m.kind === 'bind');
    expect(binds.map((m) => m.source).sort()).toEqual([
      '/dev/null',
      '/dev/urandom',
      '/etc/ld.so.cache',
      '/etc/ssl',
      '/root/.nvm/node/bin/node',
      '/root/.nvm/node/lib/node_modules',
      '/usr',
      '/var/lib/gatehouse/work/a',
    ]);
    expect(binds.filter((m) => !m.readOnly).map((m) => m.target)).toEqual([
      '/dev/null',
      '/dev/urandom',
      '/workspace',
    ]);
    expect(planRoom(facts, { ...wish, workspaceReadOnly: true }).mounts.at(-1)).toMatchObject({
      target: '/workspace',
      readOnly: true,
    });
  });

  it('shows a node that lies under a home without showing the home', () => {
    const plan = planRoom(facts, wish);
    expect(plan.node).toBe('/opt/node/bin/node');
    expect(plan.env['PATH']).toMatch(/^\/opt\/node\/bin:/);
    expect([...plan.folders, ...Object.keys(plan.files)].some((path) => path.startsWith('/root'))).toBe(
      false,
    );
    expect(planRoom({ ...facts, node: null }, wish).env['PATH']).toBe('/usr/local/bin:/usr/bin:/bin');
  });

  it('names the user of the run and resolves no names', () => {
    const { files } = planRoom(facts, wish);
    expect(files['/etc/passwd']).toContain('agent:x:1234:1234:');
    expect(files['/etc/resolv.conf']).toBe('');
  });

  it('makes a place for every mount', () => {
    const plan = planRoom(facts, {
      ...wish,
      extraReadOnly: [
        { host: '/a/', inside: '/opt/reader' },
        { host: '/b', inside: '/srv/x/y' },
      ],
    });
    for (const { target } of plan.mounts)
      expect(plan.folders.includes(target) || target in plan.files).toBe(true);
    expect(plan.folders).toContain('/srv/x');
  });

  it.each([
    'relative',
    '/workspace/x',
    '/tmp/x',
    '/usr/bin/sh',
    '/etc/passwd',
    '/',
    '/opt',
    '/opt/../etc',
    '/opt//x',
    '/proc/1',
  ])('refuses a read-only mount at %s', (inside) => {
    expect(() => planRoom(facts, { ...wish, extraReadOnly: [{ host: '/a', inside }] })).toThrow(
      expect.objectContaining({ code: 'sandbox.failed' }),
    );
  });

  it('bounds the number of files of a tmpfs', () => {
    expect(inodesFor(1)).toBe(1024);
    expect(inodesFor(64 << 20)).toBe(16_384);
    expect(inodesFor(2 ** 50)).toBe(262_144);
  });
});
