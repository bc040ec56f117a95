import { keyRing, publicKeyFromPem, publicKeyToPem, type KeyRing, type SigningKey } from '@gatehouse/proof';
import { GatehouseError } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointFile } from './checkpoint.file.js';
import type { GroupCommitOptions } from './group-commit.js';
import { openSigningKey } from './signing-key.file.js';

export const ledgerOptions = Symbol('LedgerOptions');

export interface LedgerOptions {
  /** Folder outside the database for `ledger-heads.jsonl` and the key that signs it. */
  readonly directory: string;
  /** This process signs: it holds the private key and writes the checkpoints. Others only verify. */
  readonly signs?: boolean;
  /** Milliseconds between checkpoints; 10 s when left out. */
  readonly checkpointMs?: number;
  readonly groupCommit?: Omit<GroupCommitOptions, 'onCommit'>;
  /** Told of the streams that moved, in this process. */
  readonly onCommit?: (streamIds: readonly string[]) => void;
  readonly onError?: (error: unknown) => void;
}

/** The key pair and the checkpoint file of the installation. The private half is opened only where this process signs. */
@Injectable()
export class LedgerKeys {
  readonly file: CheckpointFile;
  readonly #publicPath: string;
  #key: Promise<SigningKey> | undefined;

  constructor(@Inject(ledgerOptions) private readonly options: LedgerOptions) {
    this.file = new CheckpointFile(join(options.directory, 'ledger-heads.jsonl'));
    this.#publicPath = join(options.directory, 'ledger-signing.pub.pem');
  }

  signingKey(): Promise<SigningKey> {
    if (this.options.signs !== true)
      throw new GatehouseError('internal.unexpected', 'This process does not hold the key of the ledger.');
    this.#key ??= this.open();
    return this.#key;
  }

  /** Empty where nothing was ever signed: then no tombstone and no checkpoint can hold. */
  async ring(): Promise<KeyRing> {
    if (this.options.signs === true) return keyRing((await this.signingKey()).publicKey);
    try {
      return keyRing(publicKeyFromPem(await readFile(this.#publicPath, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return keyRing();
      throw error;
    }
  }

  private async open(): Promise<SigningKey> {
    const key = await openSigningKey(join(this.options.directory, 'ledger-signing.pem'));
    await writeFile(this.#publicPath, publicKeyToPem(key), { mode: 0o644 });
    return key;
  }
}
