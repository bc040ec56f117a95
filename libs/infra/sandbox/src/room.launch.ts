import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  bubblewrapLaunch,
  renderFstab,
  unisolatedLaunch,
  unshareLaunch,
  type Launch,
} from './launch.args.js';
import { mountedNoexec, writeSkeleton } from './room.host.js';
import { planRoom, type HostFacts } from './room.plan.js';
import type { SandboxMode, SandboxRun } from './sandbox.contract.js';

export type ProcessMode = Exclude<SandboxMode, 'docker'>;

/** The user as the agent sees it where a user namespace separates; the worker's own user outside. */
const insideUid = 1000;

const script = (name: string): string => fileURLToPath(new URL(`../keeper/${name}`, import.meta.url));

export interface LaunchFacts {
  /** Folder of the run, in which the room is written. */
  folder: string;
  uid: number | null;
  /** Files to join its control groups by. */
  joins: readonly string[];
  /** Environment entry by which the launcher and process 1, or unisolated processes, are found again. */
  mark: string;
  disableUserNamespaces: boolean;
}

/** Writes the room of a run to disk and answers how to enter it. */
export const prepareLaunch = (
  mode: ProcessMode,
  facts: HostFacts,
  run: SandboxRun,
  own: LaunchFacts,
): Launch => {
  const launch = enterLaunch(mode, facts, run, own);
  const [name = '', value = ''] = own.mark.split('=');
  return { ...launch, env: { ...launch.env, [name]: value } };
};

const enterLaunch = (mode: ProcessMode, facts: HostFacts, run: SandboxRun, own: LaunchFacts): Launch => {
  const { limits, argv } = run;
  const { uid, folder } = own;
  const enterScript = script('enter.sh');
  const initScript = script('init.sh');
  if (mode === 'unisolated') {
    const [name = '', value = ''] = own.mark.split('=');
    const env = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: run.workspace,
      LANG: 'C.UTF-8',
      ...run.env,
      [name]: value,
    };
    return unisolatedLaunch({ workspace: run.workspace, enterScript, initScript, uid, limits, argv, env });
  }
  const inside = uid ?? insideUid;
  const plan = planRoom(facts, {
    workspace: run.workspace,
    workspaceReadOnly: run.workspaceReadOnly ?? false,
    extraReadOnly: run.extraReadOnly ?? [],
    isFolder: (host) => statSync(host).isDirectory(),
    tmpfsBytes: limits.tmpfsBytes,
    uid: inside,
    enterScript: readFileSync(enterScript, 'utf8'),
    initScript: readFileSync(initScript, 'utf8'),
  });
  const env = { ...plan.env, ...run.env };
  const room = join(folder, 'room');
  const root = join(room, 'r');
  writeSkeleton(plan, root);
  if (mode === 'bubblewrap') {
    const { disableUserNamespaces } = own;
    return bubblewrapLaunch({ plan, root, insideUid: inside, disableUserNamespaces, limits, argv, env });
  }
  // Process 1 lives one folder above the agent and needs its programs.
  const shown = [...Object.keys(facts.system), '/etc', '/dev', '/proc'];
  const links = Object.fromEntries(shown.map((name) => [name, `r${name}`]));
  writeSkeleton(
    { ...plan, folders: ['/old'], files: { '/init.sh': readFileSync(initScript, 'utf8') }, links },
    room,
  );
  const fstab = join(folder, 'fstab');
  const noexec = (source: string): boolean => uid === null && mountedNoexec(source);
  writeFileSync(fstab, renderFstab(plan, { room, owner: uid ?? 0, recursive: uid === null, noexec }));
  const roomScript = script('room.sh');
  return unshareLaunch({
    fstab,
    room,
    roomScript,
    cgroupFiles: own.joins,
    uid,
    insideUid,
    limits,
    argv,
    env,
  });
};
