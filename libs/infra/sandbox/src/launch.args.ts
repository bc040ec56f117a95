import { GatehouseError } from '@gatehouse/contracts';
import type { SandboxLimits } from './sandbox.contract.js';
import { enterPath, initPath, type Mount, type RoomPlan } from './room.plan.js';

/** A program and its arguments; never a command line. */
export interface Launch {
  file: string;
  args: string[];
  env: Record<string, string>;
}

const prefix = 'GATEHOUSE_ENV_';
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The agent's environment under a prefix, so that no privileged program on the way in reads it. */
export const carryEnvironment = (env: Readonly<Record<string, string>>): Record<string, string> => {
  const names = Object.keys(env);
  const bad = names.find(
    (name) => !namePattern.test(name) || name.startsWith(prefix) || env[name]?.includes('\0'),
  );
  if (bad !== undefined)
    throw new GatehouseError(
      'sandbox.failed',
      `${JSON.stringify(bad)} is not a name or value for an environment variable; rename it.`,
    );
  return {
    ...Object.fromEntries(names.map((name) => [prefix + name, env[name] ?? ''])),
    GATEHOUSE_NAMES: names.join(' '),
  };
};

/** Limits of one process; the sums over all processes are the control group's or the keeper's. */
export const rlimitArgs = (limits: SandboxLimits, exactUser: boolean): string[] => [
  'prlimit',
  // RLIMIT_DATA, not RLIMIT_AS: JavaScript and WebAssembly reserve far more address space than they ever use.
  `--data=${limits.memoryBytes}`,
  ...(exactUser ? [`--nproc=${limits.pids}`] : []),
  ...(limits.workspaceBytes ? [`--fsize=${Math.max(limits.workspaceBytes, limits.tmpfsBytes)}`] : []),
  `--cpu=${Math.ceil((limits.wallMs / 1000) * Math.max(1, limits.cpus)) + 1}`,
  '--core=0',
];

const enter = (argv: readonly string[]): string[] => ['/bin/sh', enterPath, '/workspace', ...argv];

const noPrivileges = ['--no-new-privs', '--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'];

const escape = (path: string): string =>
  path.replace(/[\\\s#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

export interface FstabOptions {
  /** Folder of the room; the agent's root is `r` below it. */
  room: string;
  /** Owner of private tmpfs as the mounting namespace counts; null where the mounter is the owner. */
  owner: number | null;
  recursive: boolean;
  noexec: (source: string) => boolean;
}

/** The mounts of a plan as lines for `mount --all --fstab`: one process lays them all. */
export const renderFstab = (plan: RoomPlan, options: FstabOptions): string => {
  const bind = options.recursive ? 'rbind' : 'bind';
  const line = (source: string, target: string, type: string, opts: (string | false)[]): string =>
    `${escape(source)} ${escape(target)} ${type} ${opts.filter(Boolean).join(',')} 0 0`;
  const render = (mount: Mount): string => {
    const target = `${options.room}/r${mount.target}`;
    if (mount.kind === 'bind')
      return line(mount.source, target, 'none', [
        bind,
        mount.readOnly && 'ro',
        'nosuid',
        !mount.device && 'nodev',
        options.noexec(mount.source) && 'noexec',
      ]);
    if (mount.kind === 'proc') return line('proc', target, 'proc', ['nosuid', 'nodev', 'noexec']);
    if (mount.kind === 'devpts')
      return line('devpts', target, 'devpts', [
        'newinstance',
        'ptmxmode=0666',
        'mode=0620',
        'nosuid',
        'noexec',
      ]);
    const owner = mount.private && options.owner !== null && `uid=${options.owner},gid=${options.owner}`;
    return line('tmpfs', target, 'tmpfs', [
      `size=${mount.bytes}`,
      `nr_inodes=${mount.inodes}`,
      `mode=${mount.mode}`,
      owner,
      'nosuid',
      'nodev',
    ]);
  };
  const self = line(options.room, options.room, 'none', [
    'bind',
    'ro',
    'nosuid',
    'nodev',
    options.noexec(options.room) && 'noexec',
  ]);
  return [self, ...plan.mounts.map(render), ''].join('\n');
};

export interface UnshareWish {
  fstab: string;
  room: string;
  roomScript: string;
  cgroupFiles: readonly string[];
  /** The lease's own uid where the worker is root; null where a user namespace does the separating. */
  uid: number | null;
  insideUid: number;
  limits: SandboxLimits;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
}

/**
 * Rooms by util-linux. `--pdeathsig` ends the launcher with the keeper, `--kill-child` ends process 1 with the
 * launcher, and the kernel ends all others with process 1. The chroot below the pivoted root makes the kernel
 * refuse further user namespaces to the agent.
 */
export const unshareLaunch = (wish: UnshareWish): Launch => {
  const asUser =
    wish.uid !== null
      ? [
          ...[
            'setpriv',
            '--no-new-privs',
            '--inh-caps=-all',
            '--bounding-set=-all,+setuid,+setgid,+setpcap,+sys_chroot',
          ],
          ...['chroot', '/r', ...rlimitArgs(wish.limits, true)],
          ...['setpriv', `--reuid=${wish.uid}`, `--regid=${wish.uid}`, '--clear-groups', ...noPrivileges],
        ]
      : [
          ...[
            'unshare',
            '--user',
            `--map-user=${wish.insideUid}`,
            `--map-group=${wish.insideUid}`,
            '--keep-caps',
            '--root=/r',
            '--wd=/',
          ],
          ...[...rlimitArgs(wish.limits, true), 'setpriv', ...noPrivileges],
        ];
  return {
    file: 'setpriv',
    args: [
      ...['--pdeathsig', 'KILL', 'unshare', ...(wish.uid === null ? ['--user', '--map-root-user'] : [])],
      ...['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child=SIGKILL'],
      ...[
        '/bin/sh',
        wish.roomScript,
        wish.fstab,
        wish.room,
        String(wish.cgroupFiles.length),
        ...wish.cgroupFiles,
      ],
      ...[...asUser, ...enter(wish.argv)],
    ],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...carryEnvironment(wish.env) },
  };
};

export interface BubblewrapWish {
  plan: RoomPlan;
  /** Folder of the written skeleton, the agent's root. */
  root: string;
  insideUid: number;
  disableUserNamespaces: boolean;
  limits: SandboxLimits;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** Rooms by bubblewrap, for workers that are not root. */
export const bubblewrapLaunch = (wish: BubblewrapWish): Launch => {
  const render = (mount: Mount): string[] => {
    if (mount.kind === 'bind')
      return [
        mount.device ? '--dev-bind' : mount.readOnly ? '--ro-bind' : '--bind',
        mount.source,
        mount.target,
      ];
    if (mount.kind === 'proc') return ['--proc', '/proc'];
    // bubblewrap makes /dev itself, without a bound: it is closed again below.
    if (mount.kind === 'devpts') return [];
    return ['--perms', mount.mode, '--size', String(mount.bytes), '--tmpfs', mount.target];
  };
  const mounts = wish.plan.mounts.filter((m) => !(m.kind === 'bind' && m.device));
  return {
    file: 'setpriv',
    args: [
      ...[
        '--pdeathsig',
        'KILL',
        'bwrap',
        '--unshare-all',
        '--unshare-user',
        '--die-with-parent',
        '--as-pid-1',
      ],
      ...[
        '--uid',
        String(wish.insideUid),
        '--gid',
        String(wish.insideUid),
        '--hostname',
        'sandbox',
        '--cap-drop',
        'ALL',
      ],
      ...(wish.disableUserNamespaces ? ['--disable-userns'] : []),
      ...[
        '--ro-bind',
        wish.root,
        '/',
        '--dev',
        '/dev',
        ...mounts.flatMap(render),
        '--remount-ro',
        '/dev',
        '--chdir',
        '/',
      ],
      ...[...rlimitArgs(wish.limits, true), '/bin/sh', initPath, ...enter(wish.argv)],
    ],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...carryEnvironment(wish.env) },
  };
};

export interface UnisolatedWish {
  workspace: string;
  enterScript: string;
  initScript: string;
  uid: number | null;
  limits: SandboxLimits;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** No room at all: an own process group, limits per process, and as root at least an own uid. */
export const unisolatedLaunch = (wish: UnisolatedWish): Launch => ({
  file: 'setpriv',
  args: [
    ...['--pdeathsig', 'KILL', '--no-new-privs', 'setsid', '/bin/sh', wish.initScript],
    ...rlimitArgs(wish.limits, wish.uid !== null),
    ...(wish.uid !== null
      ? ['setpriv', `--reuid=${wish.uid}`, `--regid=${wish.uid}`, '--clear-groups', ...noPrivileges]
      : []),
    ...['/bin/sh', wish.enterScript, wish.workspace, ...wish.argv],
  ],
  env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...carryEnvironment(wish.env) },
});
