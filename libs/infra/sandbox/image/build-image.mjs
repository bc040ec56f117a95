// make sandbox-image: builds gatehouse/sandbox:node-<major> for docker_sandbox.
//   node build-image.mjs [--tag name:tag] [--from registry|debian]
// From our Dockerfile where a registry answers; else from this machine's own Debian sources and this very Node.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { stanzasOf } from './apt-sources.mjs';

const contracts = new URL('../../../contracts/dist/sandbox.image.js', import.meta.url);
const { defaultSandboxImage } = await import(contracts.href).catch(() => {
  console.error('sandbox-image: this clone is not built yet. Run: make setup');
  process.exit(1);
});
const major = process.versions.node.split('.')[0];
const { values } = parseArgs({ options: { tag: { type: 'string' }, from: { type: 'string' } } });
const tag = values.tag ?? defaultSandboxImage(process.versions.node);
const packages = ['bash', 'ca-certificates', 'coreutils', 'git', 'make', 'procps'];

const say = (text) => console.log(`sandbox-image: ${text}`);
const stop = (text) => {
  console.error(`sandbox-image: ${text}`);
  process.exit(1);
};

/** Runs a program with its output shown; answers whether it succeeded. */
const run = (file, args, timeoutMs) =>
  new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: timeoutMs });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.on('exit', (code) => resolve(code === 0));
  });

const quiet = (file, args, timeoutMs) =>
  new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'ignore', timeout: timeoutMs });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });

const fromRegistry = async () => {
  const base = `node:${major}-bookworm-slim`;
  say(`asking the registry for ${base}`);
  if (
    !(await quiet('docker', ['image', 'inspect', base], 10_000)) &&
    !(await quiet('docker', ['pull', '--quiet', base], 300_000))
  ) {
    say('no registry answers');
    return false;
  }
  say('building from the Dockerfile');
  return run(
    'docker',
    ['build', '--build-arg', `NODE_MAJOR=${major}`, '--tag', tag, import.meta.dirname],
    900_000,
  );
};

const aptFiles = () => {
  const parts = '/etc/apt/sources.list.d';
  const more = existsSync(parts)
    ? readdirSync(parts)
        .filter((n) => /\.(list|sources)$/.test(n))
        .map((n) => join(parts, n))
    : [];
  return ['/etc/apt/sources.list', ...more].filter((file) => existsSync(file));
};

// Node and npm of this machine: its binary needs only the C and C++ libraries of the same Debian.
const stageNode = (stage) => {
  const program = realpathSync(process.execPath);
  const npm = join(dirname(dirname(program)), 'lib', 'node_modules', 'npm');
  mkdirSync(join(stage, 'usr/local/bin'), { recursive: true });
  mkdirSync(join(stage, 'usr/local/lib/node_modules'), { recursive: true });
  mkdirSync(join(stage, 'workspace'), { recursive: true });
  mkdirSync(join(stage, 'home/agent'), { recursive: true });
  cpSync(program, join(stage, 'usr/local/bin/node'));
  if (!existsSync(npm)) return say('npm is not beside this Node, so the image has none');
  cpSync(npm, join(stage, 'usr/local/lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(stage, 'usr/local/bin', name));
};

const fromDebian = async () => {
  if (!(await quiet('mmdebstrap', ['--version'], 10_000)))
    return stop('mmdebstrap is missing: apt-get install mmdebstrap');
  const release = readFileSync('/etc/os-release', 'utf8').match(/^VERSION_CODENAME=(.+)$/m)?.[1];
  const stanzas = release
    ? aptFiles().flatMap((file) => stanzasOf(file, readFileSync(file, 'utf8'), release))
    : [];
  if (stanzas.length === 0)
    return stop(
      `no Debian source of ${release ?? 'this release'} in /etc/apt; add one, or make a registry reachable`,
    );
  const work = mkdtempSync(join(tmpdir(), 'gatehouse-image-'));
  try {
    const stage = join(work, 'stage');
    stageNode(stage);
    const files = stanzas.map(({ text, format }, i) => {
      const file = join(work, `${i}.${format}`);
      writeFileSync(file, text);
      return file;
    });
    const rootfs = join(work, 'rootfs.tar');
    say(`making a root file system of Debian ${release} (about a minute)`);
    const made = await run(
      'mmdebstrap',
      [
        '--variant=minbase',
        `--include=${packages.join(',')}`,
        '--dpkgopt=path-exclude=/usr/share/doc/*',
        '--dpkgopt=path-exclude=/usr/share/man/*',
        '--dpkgopt=path-exclude=/usr/share/locale/*',
        `--customize-hook=sync-in ${stage} /`,
        release,
        rootfs,
        ...files,
      ],
      900_000,
    );
    if (!made) return stop('mmdebstrap failed; its last lines above say why');
    say('importing it into Docker');
    const changes = ['ENV PATH=/usr/local/bin:/usr/bin:/bin', 'WORKDIR /workspace', 'CMD ["/bin/bash"]'];
    return await run('docker', ['import', ...changes.flatMap((c) => ['--change', c]), rootfs, tag], 600_000);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

if (!(await quiet('docker', ['version'], 10_000)))
  stop('no Docker engine answers. Install and start it: apt-get install docker.io && systemctl start docker');
const built =
  (values.from !== 'debian' && (await fromRegistry())) ||
  (values.from !== 'registry' && (await fromDebian()));
if (!built) stop('the image was not built; see above');
say(`${tag} is ready`);
