import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepareData, type Installation } from '../installation.js';
import { makeLoginLink } from '../login.link.js';
import { identify, isRunning, type ProcessIdentity } from '../process.identity.js';
import { holderOf } from '../supervisor/lock.js';
import { readStatus, type PlaneStatus } from '../supervisor/status.js';
import type { Output } from './output.js';

const startLimitMs = 180_000;

/** Tells where the plane is and how to get in. */
export const announce = async (
  installation: Installation,
  url: string,
  already: boolean,
  output: Output,
): Promise<number> => {
  const { adminToken } = installation.paths;
  const facts = {
    ok: true,
    alreadyRunning: already,
    url,
    adminTokenFile: adminToken,
    dataDir: installation.data,
  };
  try {
    const localUrl = readStatus(installation.paths.status)?.localUrl ?? url;
    const { link, expiresAt } = await makeLoginLink({ url, localUrl }, adminToken);
    output.result({ ...facts, panelLink: link, codeExpiresAt: expiresAt }, [
      already ? 'Gatehouse already runs.' : 'Gatehouse is ready.',
      `  Panel        ${link}`,
      `               (opens once, until ${expiresAt}; \`make start\` gives another)`,
      `  API          ${url}/api/v1`,
      `  Admin token  ${adminToken}`,
      `  Data         ${installation.data}`,
    ]);
    return 0;
  } catch (error) {
    output.result({ ...facts, ok: false, error: String(error) }, [
      `Gatehouse runs at ${url}, and a login link could not be made: ${error instanceof Error ? error.message : String(error)}`,
      'Run `gatehouse doctor`.',
    ]);
    return 1;
  }
};

/** Says why there is no plane. */
export const fail = (output: Output, reason: string, installation: Installation): number => {
  output.result({ ok: false, error: reason }, [
    `Gatehouse did not start: ${reason}`,
    `Logs are in ${installation.paths.logs}. \`gatehouse doctor\` looks for the cause.`,
  ]);
  return 1;
};

/** The status of exactly this supervisor; that of an earlier one says nothing. */
const statusOf = (installation: Installation, supervisor: ProcessIdentity): PlaneStatus | undefined => {
  const status = readStatus(installation.paths.status);
  return status?.supervisor.pid === supervisor.pid && status.supervisor.started === supervisor.started
    ? status
    : undefined;
};

type Followed =
  { readonly kind: 'ready'; readonly url: string } | { readonly kind: 'failed'; readonly reason: string };

/** Repeats the steps of a starting supervisor until it is ready or gone. */
const follow = async (
  installation: Installation,
  supervisor: ProcessIdentity,
  output: Output,
  deadline: number,
): Promise<Followed> => {
  for (let seen = 0; Date.now() < deadline; await sleep(100)) {
    const alive = isRunning(supervisor);
    const status = statusOf(installation, supervisor);
    const isUp = status?.state === 'ready' || status?.state === 'degraded';
    // Who finds it up has not waited for these.
    if (!isUp || seen > 0) for (const step of status?.steps.slice(seen) ?? []) output.say(step);
    seen = status?.steps.length ?? seen;
    if (isUp && status?.url) return { kind: 'ready', url: status.url };
    // A start that failed first ends what it began; until then its lock is not free.
    if (!alive) {
      const stopped = status?.state === 'stopped' ? 'it was stopped meanwhile.' : undefined;
      const unknown = `its supervisor ended; see ${join(installation.paths.logs, 'supervisor.log')}.`;
      return { kind: 'failed', reason: status?.failure ?? stopped ?? unknown };
    }
  }
  return { kind: 'failed', reason: `it was not ready within ${startLimitMs / 1000} s.` };
};

/** A supervisor in the background, with its own session and no terminal. */
const launch = (installation: Installation): ProcessIdentity | undefined => {
  const log = openSync(join(installation.paths.logs, 'supervisor.log'), 'a', 0o600);
  try {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', 'supervise'], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.on('error', () => undefined);
    child.unref();
    return child.pid === undefined ? undefined : identify(child.pid);
  } finally {
    closeSync(log);
  }
};

/** Starts the plane in the background and returns when it is ready; says so where it runs already. */
export const start = async (installation: Installation, output: Output): Promise<number> => {
  prepareData(installation);
  const deadline = Date.now() + startLimitMs;
  const holder = holderOf(installation.paths.lock);
  if (holder !== undefined) {
    const there = await follow(installation, holder, output, deadline);
    return there.kind === 'ready'
      ? announce(installation, there.url, true, output)
      : fail(output, there.reason, installation);
  }
  const own = launch(installation);
  if (own === undefined) return fail(output, 'no process could be started.', installation);
  // Of several starts at once one supervisor gets the lock; whoever has it is the one to follow.
  for (; Date.now() < deadline; await sleep(50)) {
    const winner = holderOf(installation.paths.lock);
    if (winner === undefined && isRunning(own)) continue;
    const followed = await follow(installation, winner ?? own, output, deadline);
    const isOwn = winner === undefined || winner.pid === own.pid;
    return followed.kind === 'ready'
      ? announce(installation, followed.url, !isOwn, output)
      : fail(output, followed.reason, installation);
  }
  return fail(output, 'its supervisor did not come up.', installation);
};
