import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { probeDocker, type DockerOptions } from './docker.engine.js';
import { ProcessSandbox } from './process.sandbox.js';
import type { ProcessMode } from './room.launch.js';
import type { SandboxKind, SandboxMode } from './sandbox.contract.js';

const exec = promisify(execFile);

export interface SandboxProbe {
  kind: SandboxKind;
  mode: SandboxMode;
  available: boolean;
  /** What isolates and limits, or why it does not work here. */
  detail: string;
  /** The command or change that makes it available. */
  fix?: string;
}

export interface SandboxOptions extends DockerOptions {
  /** Folder for rooms and records of runs, mode 0700. Default: below /run as root, else below the temporary folder. */
  stateDir?: string;
  /** Run without isolation where nothing else works. Default: GATEHOUSE_ALLOW_UNISOLATED=1. */
  allowUnisolated?: boolean;
}

export const isRoot = (): boolean => process.getuid?.() === 0;

export const stateDirOf = (options: SandboxOptions): string => {
  const home = isRoot() ? '/run/gatehouse' : join(tmpdir(), `gatehouse-${process.getuid?.() ?? 0}`);
  const stateDir = options.stateDir ?? join(home, 'sandboxes');
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  return stateDir;
};

const probeLimits = {
  wallMs: 30_000,
  memoryBytes: 256 * 1024 * 1024,
  cpus: 1,
  pids: 32,
  tmpfsBytes: 1024 * 1024,
  outputBytes: 64 * 1024,
};

const bubblewrapFacts = async (): Promise<{ present: boolean; disableUserNamespaces: boolean }> => {
  try {
    const { stdout } = await exec('bwrap', ['--help'], { timeout: 30_000 });
    return { present: true, disableUserNamespaces: stdout.includes('--disable-userns') };
  } catch {
    return { present: false, disableUserNamespaces: false };
  }
};

/** The process sandbox of a mode, without asking whether it works. */
export const processSandboxOf = async (
  mode: ProcessMode,
  options: SandboxOptions,
): Promise<ProcessSandbox> => {
  const { disableUserNamespaces } =
    mode === 'bubblewrap' ? await bubblewrapFacts() : { disableUserNamespaces: false };
  return new ProcessSandbox({ mode, stateDir: stateDirOf(options), disableUserNamespaces });
};

const fixes: Record<ProcessMode, string> = {
  uid: 'Give this process CAP_SYS_ADMIN (in a container: --cap-add SYS_ADMIN --security-opt seccomp=unconfined) and install util-linux 2.36 or newer.',
  bubblewrap:
    'apt-get install bubblewrap, and allow user namespaces: sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist here).',
  unshare:
    'Install util-linux 2.36 or newer and allow user namespaces: sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist here).',
  unisolated:
    'Set GATEHOUSE_ALLOW_UNISOLATED=1 to run agents without any isolation, on a machine where nothing is worth protecting.',
};

/** Runs a real sandbox and looks at what it answers. */
const probeMode = async (mode: ProcessMode, options: SandboxOptions): Promise<SandboxProbe> => {
  const answer = (available: boolean, detail: string): SandboxProbe => ({
    kind: 'process_sandbox',
    mode,
    available,
    detail,
    ...(available ? {} : { fix: fixes[mode] }),
  });
  if (mode === 'bubblewrap' && !(await bubblewrapFacts()).present)
    return answer(false, 'bubblewrap is not installed');
  const workspace = mkdtempSync(join(tmpdir(), 'gatehouse-probe-'));
  try {
    const sandbox = await processSandboxOf(mode, options);
    const run = await sandbox.start({
      leaseId: `probe-${mode}`,
      argv: ['/bin/sh', '-c', 'echo it works > proof && test -e /dev/null'],
      workspace,
      env: {},
      limits: probeLimits,
      network: 'none',
      onOutput: () => {},
    });
    const result = await run.done;
    return result.outcome === 'exited' && result.exitCode === 0
      ? answer(true, sandbox.detail)
      : answer(false, `${mode}: ${result.detail ?? `${result.outcome} ${result.exitCode ?? ''}`}`);
  } catch (error) {
    const cause = (error as Error).cause;
    return answer(
      false,
      `${mode}: ${(error as Error).message}${cause instanceof Error ? ` ${cause.message}` : ''}`,
    );
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
};

/** The modes that come into question here, best first. */
export const candidateModes = (): ProcessMode[] => (isRoot() ? ['uid'] : ['bubblewrap', 'unshare']);

export const unisolatedAllowed = (options: SandboxOptions): boolean =>
  options.allowUnisolated ?? process.env['GATEHOUSE_ALLOW_UNISOLATED'] === '1';

/** The best process sandbox that works, with what every better one said. */
export const probeProcess = async (options: SandboxOptions): Promise<SandboxProbe[]> => {
  const probes: SandboxProbe[] = [];
  for (const mode of candidateModes()) probes.push(await probeMode(mode, options));
  if (unisolatedAllowed(options)) probes.push(await probeMode('unisolated', options));
  return probes;
};

/** Tries every kind of sandbox for real; for doctor. Never throws. */
export const probeSandboxes = async (options: SandboxOptions = {}): Promise<SandboxProbe[]> => {
  const [docker, processes] = await Promise.all([probeDocker(options), probeProcess(options)]);
  return [{ kind: 'docker_sandbox', mode: 'docker', ...docker }, ...processes];
};
