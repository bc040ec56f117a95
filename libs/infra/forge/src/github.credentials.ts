import type { ForgeRepo } from './forge.js';
import type { Access } from './github.client.js';

/** With what the forge is spoken to; an App and a fine-grained token answer the same questions. */
export interface Credentials {
  /** What may write to this repository. `fresh`: the last one was refused. */
  write(repo: ForgeRepo, fresh?: boolean): Promise<Access>;
  /** What may only read it. */
  read(repo: ForgeRepo, fresh?: boolean): Promise<Access & { readonly expiresAt: Date | null }>;
  /** Login under which we write. */
  login(): Promise<string>;
  /** Rights by name (`contents: 'write'`); null where the forge does not say. Throws where nothing is permitted. */
  permissions(repo: ForgeRepo): Promise<Readonly<Record<string, string>> | null>;
}
