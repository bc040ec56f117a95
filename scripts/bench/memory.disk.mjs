// Disks that behave the same everywhere: memory, and for Postgres memory whose fsync takes 1 ms longer.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { clone, probe } from '../step.mjs';

const memory = '/dev/shm';
const tmpfs = 0x01021994;
const needed = 2 * 2 ** 30;

/** Why nothing can be measured here; undefined where it can. */
export const memoryFault = () => {
  if (!existsSync(memory)) return `${memory} does not exist; only Linux has it`;
  const { type, bavail, bsize } = statfsSync(memory);
  if (type !== tmpfs) return `${memory} is not memory`;
  const free = bavail * bsize;
  if (free < needed)
    return `${memory} has ${Math.round(free / 2 ** 20)} MiB free and 2048 are needed; in a container start it with --shm-size=4g`;
  return undefined;
};

/** A folder in memory, which other accounts may walk through: as root Postgres runs as another one. */
export const memoryFolder = (name) => {
  const folder = mkdtempSync(join(memory, `gatehouse-bench-${name}-`));
  chmodSync(folder, 0o711);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

const compileShim = (folder) => {
  const library = join(folder, 'slow-fsync.so');
  const source = join(clone, 'scripts', 'bench', 'slow-fsync.c');
  const built = probe('gcc', ['-O2', '-shared', '-fPIC', '-o', library, source], { timeout: 60_000 });
  if (!built.ok) throw new Error(`gcc did not build ${source}: ${built.why}`);
  chmodSync(library, 0o755);
  return library;
};

const built = (...parts) => join(clone, 'libs', 'infra', 'database', 'dist', ...parts);

/**
 * The embedded Postgres of the product, with its own settings, on memory: disk `C` as it is, disk `M` with the slow
 * fsync. Made by the product's launcher; only the second start is ours, since that one must be given the library.
 */
export const startPostgres = async (disk) => {
  const database = await import(built('index.js'));
  const { startServer } = await import(built('embedded', 'server.js'));
  const { install } = await import(built('embedded', 'installation.js'));
  const { folder, remove } = memoryFolder(`pg-${disk}`);
  const dataRoot = join(folder, 'plane');
  const home = join(dataRoot, 'postgres');
  const port = 20_000 + Math.floor(Math.random() * 12_000);
  try {
    const first = await database.startEmbeddedPostgres({ dataRoot, port, log: () => undefined });
    await first.stop();
    const account = await database.accountToDropTo();
    const [binaries] = await database.findBinaries();
    const installation = await install(binaries, home, account);
    const env = disk === 'M' ? { LD_PRELOAD: compileShim(folder) } : {};
    const options = {
      data: join(home, 'data'),
      home,
      logFile: join(folder, 'log', 'postgres.log'),
      port,
      settings: {},
    };
    mkdirSync(join(folder, 'log'), { recursive: true });
    const started = await startServer(
      options,
      { ...installation, env: { ...installation.env, ...env } },
      account,
      Date.now() + 60_000,
    );
    if (started.kind !== 'ready') throw new Error(`Postgres on memory did not start: ${started.kind}`);
    const { url, stop } = await database.findEmbeddedPostgres(dataRoot);
    const migrating = await database.createDataSource({ url, applicationName: 'bench', poolSize: 1 });
    await database.runMigrations(migrating);
    await migrating.destroy();
    return { url, folder, logFile: options.logFile, stop: () => stop().finally(remove) };
  } catch (error) {
    await database
      .findEmbeddedPostgres(dataRoot)
      .then((left) => left?.stop())
      .finally(remove);
    throw error;
  }
};
