import type { PublicKey } from '@gatehouse/contracts';
import { openSigningKey } from '@gatehouse/ledger';
import { envelopeKeyId, publicKeyFromPem, publicKeyToPem, type SigningKey } from '@gatehouse/proof';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ending = '.pub.pem';

/** The key that signs proofs, and the public keys of all that ever did. The private half is the promoter's alone. */
@Injectable()
export class ProofKeys {
  #key: Promise<SigningKey> | undefined;

  constructor(private readonly plane: PlaneSettings) {}

  /** Made on first use. Where an operator moved the old one away, a new one is made, and the old public key stays. */
  signingKey(): Promise<SigningKey> {
    this.#key ??= this.open().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  /** The newest first; empty before the promoter has started once. */
  async published(): Promise<PublicKey[]> {
    const names = await readdir(this.keysDir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const keys = await Promise.all(
      names.filter((name) => name.endsWith(ending)).map((name) => this.read(join(this.keysDir, name))),
    );
    return keys.sort((a, b) => (a.since < b.since ? 1 : a.since > b.since ? -1 : a.id < b.id ? -1 : 1));
  }

  private get keysDir(): string {
    return join(this.plane.proofDir, 'keys');
  }

  private async read(path: string): Promise<PublicKey> {
    const [pem, { mtime }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const id = envelopeKeyId(publicKeyFromPem(pem));
    return { id, algorithm: 'ed25519', pem, since: mtime.toISOString() };
  }

  private async open(): Promise<SigningKey> {
    await mkdir(this.keysDir, { recursive: true, mode: 0o750 });
    const key = await openSigningKey(join(this.plane.proofDir, 'proof-signing.pem'));
    const path = join(this.keysDir, `${envelopeKeyId(key.publicKey)}${ending}`);
    await writeFile(path, publicKeyToPem(key), { flag: 'wx', mode: 0o644 }).catch(
      (error: NodeJS.ErrnoException) => {
        // Its time says since when it signs, so it is written once.
        if (error.code !== 'EEXIST') throw error;
      },
    );
    return key;
  }
}
