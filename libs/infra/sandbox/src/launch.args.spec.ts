import { describe, expect, it } from '@jest/globals';
import { bubblewrapLaunch, carryEnvironment, renderFstab, unshareLaunch } from './launch.args.js';
import type { RoomPlan } from './room.plan.js';

const limits = {
  wallMs: 10_000,
  memoryBytes: 1 << 28,
  cpus: 1,
  pids: 32,
  tmpfsBytes: 1 << 20,
  outputBytes: 1,
};
const plan: RoomPlan = {
  folders: [],
  files: {},
  links: {},
  env: {},
  node: 'node',
  mounts: [
    { kind: 'bind', source: '/usr', target: '/usr', readOnly: true },
    { kind: 'bind', source: '/dev/null', target: '/dev/null', readOnly: false, device: true },
    { kind: 'proc', target: '/proc' },
    { kind: 'devpts', target: '/dev/pts' },
    { kind: 'tmpfs', target: '/home/agent', bytes: 4096, inodes: 1024, mode: '0700', private: true },
    { kind: 'bind', source: '/w s/a#b\\c', target: '/workspace', readOnly: false },
  ],
};
const unshare = (uid: number | null) =>
  unshareLaunch({
    fstab: '/f',
    room: '/r',
    roomScript: '/room.sh',
    cgroupFiles: ['/c1', '/c2'],
    uid,
    insideUid: 1000,
    limits,
    argv: ['sh', '-c', '; rm -rf /'],
    env: { LD_PRELOAD: '/evil.so', PATH: '/bin' },
  });

describe('carryEnvironment', () => {
  it('puts every variable under a prefix', () => {
    expect(carryEnvironment({ LD_PRELOAD: 'x', PATH: '/bin' })).toEqual({
      GATEHOUSE_ENV_LD_PRELOAD: 'x',
      GATEHOUSE_ENV_PATH: '/bin',
      GATEHOUSE_NAMES: 'LD_PRELOAD PATH',
    });
  });

  it.each(['A B', 'A=B', '1A', '', '$(x)', 'A;B', 'GATEHOUSE_ENV_X'])('refuses the name %j', (name) => {
    expect(() => carryEnvironment({ [name]: 'x' })).toThrow(
      expect.objectContaining({ code: 'sandbox.failed' }),
    );
  });

  it('refuses a value with a NUL', () => {
    expect(() => carryEnvironment({ A: 'x\0y' })).toThrow();
  });
});

describe('renderFstab', () => {
  const render = (owner: number | null, recursive: boolean) =>
    renderFstab(plan, { room: '/room', owner, recursive, noexec: (source) => source === '/usr' }).split('\n');

  it('closes the room before it lays mounts into it', () => {
    expect(render(7, false)[0]).toBe('/room /room none bind,ro,nosuid,nodev 0 0');
  });

  it('escapes what would end a field', () => {
    expect(render(7, false)).toContain('/w\\040s/a\\043b\\134c /room/r/workspace none bind,nosuid,nodev 0 0');
  });

  it('keeps flags that a user namespace may not take off', () => {
    expect(render(0, true)).toContain('/usr /room/r/usr none rbind,ro,nosuid,nodev,noexec 0 0');
  });

  it('gives a private tmpfs its owner and its bounds', () => {
    expect(render(7, false)).toContain(
      'tmpfs /room/r/home/agent tmpfs size=4096,nr_inodes=1024,mode=0700,uid=7,gid=7,nosuid,nodev 0 0',
    );
  });
});

describe('unshareLaunch', () => {
  it('drops to the uid of the run, without capability, and passes argv unread', () => {
    const { file, args, env } = unshare(1900000001);
    expect([file, ...args.slice(0, 3)]).toEqual(['setpriv', '--pdeathsig', 'KILL', 'unshare']);
    for (const wall of [
      '--mount',
      '--pid',
      '--net',
      '--ipc',
      '--uts',
      '--kill-child=SIGKILL',
      '--reuid=1900000001',
      '--bounding-set=-all',
    ])
      expect(args).toContain(wall);
    expect(args).not.toContain('--user');
    expect(args.slice(-3)).toEqual(['sh', '-c', '; rm -rf /']);
    expect(args.slice(args.indexOf('/f'), args.indexOf('/f') + 5)).toEqual(['/f', '/r', '2', '/c1', '/c2']);
    expect(env).not.toHaveProperty('LD_PRELOAD');
    expect(env['PATH']).toBe('/usr/sbin:/usr/bin:/sbin:/bin');
  });

  it('puts a plain user into two user namespaces, the inner without capability', () => {
    const { args } = unshare(null);
    expect(args.filter((a) => a === '--user')).toHaveLength(2);
    expect(args).toContain('--map-user=1000');
    expect(args).not.toContain('--clear-groups');
    expect(args.lastIndexOf('--bounding-set=-all')).toBeGreaterThan(args.lastIndexOf('--user'));
  });
});

describe('bubblewrapLaunch', () => {
  it('renders the same mounts', () => {
    const { args } = bubblewrapLaunch({
      plan,
      root: '/room',
      insideUid: 1000,
      disableUserNamespaces: true,
      limits,
      argv: ['true'],
      env: {},
    });
    const text = args.join(' ');
    for (const wall of [
      '--unshare-all',
      '--die-with-parent',
      '--disable-userns',
      '--ro-bind /usr /usr',
      '--remount-ro /dev',
      '--perms 0700 --size 4096 --tmpfs /home/agent',
      '--cap-drop ALL',
    ])
      expect(text).toContain(wall);
    expect(text).not.toContain('--share-net');
    expect(args.indexOf('--bind')).toBe(args.lastIndexOf('--bind'));
  });
});
