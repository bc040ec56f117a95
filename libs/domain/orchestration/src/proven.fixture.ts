import { ProofKeys } from '@gatehouse/promotion';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { OrchestrationFixture } from './orchestration.fixture.js';

const command = resolve(import.meta.dirname, '../../../../apps/cli/bin/gatehouse.js');

/** What the command answers of one proof. */
export interface Verified {
  readonly ok: boolean;
  readonly commit: string | null;
  readonly fault: { readonly check: string; readonly message: string } | null;
  readonly promotionId: string | null;
  readonly approvedBy: readonly { readonly id: string }[] | null;
  readonly isHeldAgainstClone: boolean;
  readonly isHeldAgainstLog: boolean;
}

/** A machine that has what docs/proof.md asks for: a clone, the one fetch, and the public keys. */
export class Verifier {
  private constructor(
    readonly clone: string,
    private readonly keys: string,
  ) {}

  static async of(plane: OrchestrationFixture): Promise<Verifier> {
    const dir = mkdtempSync(join(plane.dir, 'verifier-'));
    const made = new Verifier(join(dir, 'clone'), join(dir, 'keys.pem'));
    const published = await plane.app.get(ProofKeys).published();
    writeFileSync(made.keys, published.map(({ pem }) => pem).join(''));
    execFileSync('git', ['clone', '-q', plane.source, made.clone]);
    made.git('fetch', '-q', 'origin', 'refs/gatehouse/*:refs/gatehouse/*');
    return made;
  }

  git(...args: string[]): string {
    return execFileSync('git', ['-C', this.clone, ...args])
      .toString()
      .trim();
  }

  /** The built command in a process of its own; `what` is a commit, a bundle or a proof. */
  async verify(what: string): Promise<Verified[]> {
    const args = [command, 'verify', what, '--repository', this.clone, '--key', this.keys, '--json'];
    const said = await new Promise<string>((done, fail) =>
      execFile(process.execPath, args, { env: {} }, (error, stdout, stderr) =>
        stdout === '' ? fail(error ?? new Error(stderr)) : done(stdout),
      ),
    );
    return (JSON.parse(said) as { proofs: Verified[] }).proofs;
  }

  /** A branch of ours in every form that the docs name: its commit, its pull request, and a bundle over the target. */
  async everyForm(branch: string): Promise<Verified[]> {
    const ref = `origin/${branch}`;
    const candidate = /^Gatehouse-Candidate: (\S+)$/m.exec(this.git('log', '-1', '--format=%B', ref))?.[1];
    const log = this.git('for-each-ref', '--format=%(refname)', 'refs/gatehouse/log/main-*');
    const bundle = join(this.clone, '..', 'change.bundle');
    this.git('bundle', 'create', '-q', bundle, ref, `refs/gatehouse/proof/${candidate}`, log, '^origin/main');
    this.git('fetch', '-q', 'origin', `refs/heads/${branch}`);
    return (await Promise.all([ref, 'FETCH_HEAD', bundle].map((what) => this.verify(what)))).flat();
  }
}
