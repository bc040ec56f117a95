import { commitFacts, GitRunner, openProofs, readCommit, readProofs, Spawner } from '@gatehouse/git';
import type { ProofPlace } from '@gatehouse/git';
import {
  checkCommit,
  reportOf,
  verifyProof,
  type EnvelopeKeys,
  type ProofCheck,
  type ProofReport,
} from '@gatehouse/proof';
import { CliFault } from '../exit.code.js';

/** A proof that was looked at. */
export interface Verified extends ProofReport {
  /** File or ref that it came from; null where there was none. */
  readonly from: string | null;
  readonly isHeldAgainstClone: boolean;
}

/** Reads what is needed of a clone, and of a bundle over it; nothing is written there. */
export class ProofClone {
  private constructor(
    private readonly git: GitRunner,
    private readonly spawner: Spawner,
    private readonly place: ProofPlace,
  ) {}

  static async open(clone: string | undefined, bundle?: string): Promise<ProofClone> {
    const spawner = new Spawner();
    const git = new GitRunner(spawner);
    try {
      const opened = await openProofs(git, { clone, bundle });
      if (opened.ok) return new ProofClone(git, spawner, opened.place);
      throw new CliFault('usage', opened.reason.replace(/\.$/, ''), 'give the path of a whole clone');
    } catch (error) {
      await spawner.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.place.close();
    await this.spawner.close();
  }

  /** Holds a proof against the clone as well. */
  async complete(report: ProofReport, from: string): Promise<Verified> {
    const { statement } = report;
    if (statement === null) return { ...report, from, isHeldAgainstClone: false };
    const { predicate } = statement;
    const ids = { commit: predicate.commit.id, base: predicate.base.commit };
    const checks = checkCommit(predicate, await commitFacts(this.git, this.place.gitDir, ids));
    return { ...reportOf([...report.checks, ...checks], statement), from, isHeldAgainstClone: true };
  }

  /** The proof of a commit; the latest where it has several. */
  async ofCommit(name: string, keys: EnvelopeKeys): Promise<Verified> {
    const commit = await this.place.resolve(name);
    if (commit === undefined)
      throw new CliFault(
        'usage',
        `${name} is neither a file nor a commit of this clone`,
        'give a commit, a bundle or a proof, and the clone with --repository',
      );
    const unread: Verified[] = [];
    for (const { ref, oid } of await this.headsFor(commit))
      for await (const bytes of readProofs(this.git, this.place.gitDir, oid)) {
        const report = verifyProof(bytes, keys);
        if (report.statement?.predicate.commit.id === commit) return this.complete(report, ref);
        if (report.statement === null) unread.push({ ...report, from: ref, isHeldAgainstClone: false });
      }
    return unread[0] ?? noProof(commit);
  }

  /** Every proof that is here, the latest of each ref. */
  async all(keys: EnvelopeKeys): Promise<Verified[]> {
    const found: Verified[] = [];
    for (const { ref, oid } of this.place.heads)
      for await (const bytes of readProofs(this.git, this.place.gitDir, oid)) {
        found.push(await this.complete(verifyProof(bytes, keys), ref));
        break;
      }
    return found;
  }

  /** The commit's own word for its candidate says only where to look first. */
  private async headsFor(commit: string): Promise<ProofPlace['heads']> {
    const { message = '' } = (await readCommit(this.git, this.place.gitDir, commit)) ?? {};
    const candidate = /^Gatehouse-Candidate: (cnd_[0-9a-f]{64})$/m.exec(message)?.[1];
    const { heads } = this.place;
    return [...heads].sort(
      (a, b) => Number(b.ref.endsWith(`/${candidate}`)) - Number(a.ref.endsWith(`/${candidate}`)),
    );
  }
}

const noProof = (commit: string): Verified => {
  const check: ProofCheck = {
    check: 'proof',
    ok: false,
    message: `There is no proof of commit ${commit} here. Fetch the proofs: git fetch origin 'refs/gatehouse/proof/*:refs/gatehouse/proof/*'`,
  };
  return { ...reportOf([check], null), from: null, isHeldAgainstClone: false };
};
