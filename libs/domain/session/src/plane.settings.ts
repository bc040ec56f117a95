import { readSettings, GatehouseError, type Settings } from '@gatehouse/contracts';
import { forgeSettings, repoOfSource, type ForgeRepo, type ForgeSettings } from '@gatehouse/forge';
import type { RepositorySource, SourcePolicy } from '@gatehouse/git';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The address of the database lies in a file of this process alone where its environment names one. */
const withDatabaseUrl = (
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> => {
  const file = env['GATEHOUSE_DATABASE_URL_FILE'];
  if (!file) return env;
  try {
    return { ...env, DATABASE_URL: readFileSync(file, 'utf8').trim() };
  } catch (cause) {
    throw new GatehouseError(
      'internal.unexpected',
      `${file}, which holds the address of the database, cannot be read by uid ${process.getuid?.() ?? 0}.`,
      { cause },
    );
  }
};

/** Settings of this process and the places on disk that follow from them. */
export class PlaneSettings {
  constructor(
    readonly settings: Settings,
    readonly dataDir: string,
    /** Socket of the broker that reaches local repositories for a process which is not root. */
    readonly broker?: string,
  ) {}

  /** Throws `internal.unexpected` with every fault of the environment at once. */
  static fromEnvironment(env: Readonly<Record<string, string | undefined>>): PlaneSettings {
    const read = readSettings(withDatabaseUrl(env));
    if (!read.ok)
      throw new GatehouseError('internal.unexpected', `Settings are not usable: ${read.faults.join('. ')}.`);
    const dataDir = read.settings.GATEHOUSE_DATA_DIR;
    if (dataDir === undefined)
      throw new GatehouseError(
        'internal.unexpected',
        'GATEHOUSE_DATA_DIR is not set. Start with make start.',
      );
    return new PlaneSettings(read.settings, dataDir, env['GATEHOUSE_GIT_BROKER'] || undefined);
  }

  get mirrorsDir(): string {
    return join(this.dataDir, 'mirrors');
  }

  mirrorDir(repositoryId: string): string {
    return join(this.mirrorsDir, `${repositoryId}.git`);
  }

  /** The heads of the ledger and the key that signs them. */
  get ledgerDir(): string {
    return join(this.dataDir, 'ledger');
  }

  /** The key that signs proofs, which is the promoter's alone, and the public halves of all it ever had. */
  get proofDir(): string {
    return join(this.dataDir, 'proof');
  }

  get quarantineDir(): string {
    return join(this.dataDir, 'quarantine');
  }

  /** The forge that is connected; null where none is. */
  get forge(): ForgeSettings | null {
    return forgeSettings(this.settings);
  }

  /** Where the promoter hands out tokens that read at the forge. */
  get forgeSocket(): string {
    return join(this.dataDir, 'forge', 'forge.sock');
  }

  /** What the forge calls the repository at an address, with its number where that is known; null where it lies elsewhere. */
  repoAt(source: string, forgeId: string | null = null): ForgeRepo | null {
    const repo = repoOfSource({ url: this.settings.GATEHOUSE_GITHUB_URL }, source);
    return repo === null || forgeId === null ? repo : { ...repo, id: Number(forgeId) };
  }

  /** Where people see a job; undefined where the installation has no public address. */
  jobUrl(jobId: string): string | undefined {
    const { GATEHOUSE_PUBLIC_URL: at } = this.settings;
    return at === undefined ? undefined : `${at}/panel/jobs/${jobId}`;
  }

  /** The connected forge that an address lies on; null where there is none, or none is connected. */
  forgeOf(source: RepositorySource): 'github' | null {
    if (this.forge === null || source.kind === 'path') return null;
    return this.repoAt(source.url) === null ? null : 'github';
  }

  /** Which addresses may be registered: without configured roots, only below the home of who runs the plane. */
  get sourcePolicy(): SourcePolicy {
    const configured = this.settings.GATEHOUSE_REPOSITORY_ROOTS.split(':').filter((root) => root !== '');
    return {
      roots: [...(configured.length > 0 ? configured : [homedir()]), join(this.dataDir, 'demo')],
      ...(this.broker !== undefined && { broker: this.broker }),
      allowLoopbackHttp: this.settings.GATEHOUSE_ALLOW_LOOPBACK_HTTP,
    };
  }
}
