// What tests need of the machine beside Node: Debian's parts, a Docker engine, a plain user that reaches the clone.
import { spawn } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clone, probe, run, say, step } from './step.mjs';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

/** Debian package → a program of it that tests run. */
const parts = {
  git: 'git',
  'util-linux': 'setpriv',
  procps: 'ps',
  openssl: 'openssl',
  bubblewrap: 'bwrap',
  'redis-server': 'redis-server',
  chromium: 'chromium',
  'docker.io': 'dockerd',
  mmdebstrap: 'mmdebstrap',
};

const isThere = (program) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** The same for make bench: it builds a small library. */
const benchParts = { gcc: 'gcc', 'libc6-dev': 'gcc' };

const missingOf = (wanted) => Object.keys(wanted).filter((name) => !isThere(wanted[name]));

/** Installs what is missing where we may; answers the packages that stay missing. */
const bring = async (wanted, purpose) => {
  const missing = missingOf(wanted);
  if (missing.length === 0) return [];
  if (!isRoot || !isThere('apt-get')) {
    say(`Missing for ${purpose}: ${missing.join(' ')}. As root: apt-get install ${missing.join(' ')}`);
    return missing;
  }
  say(`These Debian packages are missing and are installed now: ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const hasLists = readdirSync('/var/lib/apt/lists').some(
    (name) => name.endsWith('Packages') || /_Packages/.test(name),
  );
  if (!hasLists) await step('apt-get update', 'apt-get', ['update', '-q'], { env });
  const install = () =>
    step('apt-get install', 'apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], {
      env,
    });
  if (!(await install()) && hasLists && (await step('apt-get update', 'apt-get', ['update', '-q'], { env })))
    await install();
  return missingOf(wanted);
};

/** What tests need; answers the packages that stay missing. */
export const requireParts = () => bring(parts, 'some tests');

/** Whether there is a C compiler, after a try to get one. */
export const requireCompiler = async () => (await bring(benchParts, 'make bench')).length === 0;

const engineAnswers = () => probe('docker', ['version', '--format', '{{.Server.Version}}']).ok;

/** Starts an engine where none answers and we may; answers how to end it again. */
const startEngine = async () => {
  if (engineAnswers()) return { ok: true, end: () => undefined };
  if (!isRoot || !isThere('dockerd'))
    return { ok: false, why: 'no Docker engine answers', end: () => undefined };
  const log = join(mkdtempSync(join(tmpdir(), 'gatehouse-dockerd-')), 'dockerd.log');
  const out = openSync(log, 'a');
  const engine = spawn('dockerd', ['--iptables=false', '--ip6tables=false', '--bridge=none'], {
    stdio: ['ignore', out, out],
    detached: true,
  });
  let failure;
  engine.on('error', (error) => (failure = error.message));
  const end = async () => {
    engine.kill('SIGTERM');
    for (let i = 0; i < 100 && engine.exitCode === null && engine.signalCode === null; i++) await sleep(100);
    engine.kill('SIGKILL');
  };
  for (let i = 0; i < 60 && engine.exitCode === null && failure === undefined; i++, await sleep(500))
    if (engineAnswers()) return { ok: true, end };
  await end();
  return { ok: false, why: `dockerd did not come up (${failure ?? `see ${log}`})`, end: () => undefined };
};

/** A Docker engine with our image, where that can be had. */
export const startDocker = async () => {
  const engine = await startEngine();
  if (!engine.ok) return engine;
  const { defaultSandboxImage } = await import('../libs/contracts/dist/sandbox.image.js');
  if (probe('docker', ['image', 'inspect', defaultSandboxImage(process.versions.node)]).ok) return engine;
  say('Building the sandbox image; this takes about two minutes the first time.');
  const built = await run(process.execPath, ['libs/infra/sandbox/image/build-image.mjs']);
  return built.code === 0 ? engine : { ...engine, ok: false, why: 'the sandbox image could not be built' };
};

/** Why a plain user cannot run the sandboxes of this clone; undefined where it can. */
export const plainUserFault = () => {
  const as = isRoot ? { uid: nobody, gid: nobody, cwd: '/' } : { cwd: '/' };
  const read = probe(
    process.execPath,
    ['-e', 'require("node:fs").readFileSync(process.argv[1])', join(clone, 'package.json')],
    as,
  );
  if (!read.ok) return `a plain user cannot reach ${clone} or ${process.execPath} (${read.why})`;
  const spaces = probe('unshare', ['--user', '--map-root-user', '--pid', '--fork', 'true'], as);
  if (!spaces.ok) return `a plain user may not make user namespaces here (${spaces.why})`;
  return undefined;
};

const memory = '/dev/shm';
const gib = 1024 ** 3;

/**
 * A folder for what tests write, in memory where there is plenty: scores of databases are made and removed, and most of
 * that is waiting for a disk. Answers how to remove it too.
 */
export const temporaryFolder = () => {
  const place = hasMemoryToSpare() ? memory : tmpdir();
  const folder = mkdtempSync(join(place, 'gatehouse-test-'));
  // Other accounts take part in tests, as they do below /tmp.
  chmodSync(folder, 0o1777);
  // What still writes there while it ends must cost neither the result nor what is to end after it.
  const end = () => {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      say(`${folder} could not be removed: ${error.message}`);
    }
  };
  return { folder, end };
};

const hasMemoryToSpare = () => {
  try {
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .findLast(([, path]) => path === memory);
    const { bavail, bsize } = statfsSync(memory);
    const isMemory = mount?.[2] === 'tmpfs' && !mount[3].split(',').includes('noexec');
    return isMemory && bavail * bsize > 6 * gib && freemem() > 10 * gib;
  } catch {
    return false;
  }
};
