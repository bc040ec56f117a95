import { GatehouseError } from '@gatehouse/contracts';
import {
  commitFacts,
  GitRunner,
  logRefOf,
  openProofs,
  readCommit,
  readLog,
  readProofs,
  Spawner,
} from '@gatehouse/git';
import type { ProofHead, ProofPlace } from '@gatehouse/git';
import {
  checkCommit,
  checkLogged,
  checkLogHead,
  reportOf,
  verifyLog,
  verifyProof,
  type EnvelopeKeys,
  type LogReport,
  type ProofCheck,
  type ProofReport,
} from '@gatehouse/proof';
import { CliFault } from '../exit.code.js';

/** A proof that was looked at. */
export interface Verified extends ProofReport {
  /** File or ref that it came from; null where there was none. */
  readonly from: string | null;
  readonly isHeldAgainstClone: boolean;
  /** The promotion log of its lane was here and was looked at. */
  readonly isHeldAgainstLog: boolean;
}

/** What a proof is held against beside the clone. */
export interface Trusted {
  readonly keys: EnvelopeKeys;
  /** A signed head of the log that was kept from an earlier day. */
  readonly logHead?: Uint8Array | undefined;
}

export const notHeld = { isHeldAgainstClone: false, isHeldAgainstLog: false } as const;

/** Reads what is needed of a clone, and of a bundle over it; nothing is written there. */
export class ProofClone {
  private readonly logs = new Map<string, LogReport>();

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

  /** Holds a proof against the clone as well, and against the promotion log where that is here. */
  async complete(bytes: Uint8Array, from: string, trusted: Trusted): Promise<Verified> {
    return this.hold(verifyProof(bytes, trusted.keys), bytes, from, trusted);
  }

  /** The proof of a commit; the latest where it has several. */
  async ofCommit(name: string, trusted: Trusted): Promise<Verified> {
    const commit = await this.place.resolve(name);
    if (commit === undefined)
      throw new CliFault(
        'usage',
        `${name} is neither a file nor a commit of this clone`,
        'give a commit, a bundle or a proof, and the clone with --repository',
      );
    let unread: Verified | undefined;
    for (const head of await this.headsFor(commit))
      for await (const proof of this.proofsOf(head)) {
        if ('fault' in proof) {
          unread ??= proof;
          continue;
        }
        const report = verifyProof(proof.bytes, trusted.keys);
        if (report.statement?.predicate.commit.id === commit)
          return this.hold(report, proof.bytes, head.ref, trusted);
        if (report.statement === null) unread ??= { ...report, from: head.ref, ...notHeld };
      }
    return unread ?? (await this.brokenProof(commit)) ?? noProof(commit);
  }

  /** Every proof that is here, the latest of each ref. */
  async all(trusted: Trusted): Promise<Verified[]> {
    const found: Verified[] = [];
    for (const head of this.place.heads)
      for await (const proof of this.proofsOf(head)) {
        found.push('fault' in proof ? proof : await this.complete(proof.bytes, head.ref, trusted));
        break;
      }
    return found;
  }

  /** What a ref has, the latest first, and last what is wrong with it: somebody else's damage hides no other proof. */
  private async *proofsOf({ ref, oid }: ProofHead): AsyncGenerator<{ readonly bytes: Buffer } | Verified> {
    try {
      for await (const bytes of readProofs(this.git, this.place.gitDir, oid)) yield { bytes };
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.fault === 'bug') throw error;
      const message = `An object of ${ref} is missing or damaged, so its proofs cannot be read. Run git fsck in the clone, and fetch them again.`;
      yield { ...reportOf([{ check: 'proof', ok: false, message }], null), from: ref, ...notHeld };
    }
  }

  private async hold(
    report: ProofReport,
    bytes: Uint8Array,
    from: string,
    trusted: Trusted,
  ): Promise<Verified> {
    const { statement } = report;
    if (statement === null) return { ...report, from, ...notHeld };
    const { predicate } = statement;
    const ids = { commit: predicate.commit.id, base: predicate.base.commit };
    const commit = checkCommit(predicate, await commitFacts(this.git, this.place.gitDir, ids));
    const log = await this.logOf(predicate.history.lane.stream, trusted.keys);
    const logged = log === undefined ? [] : checkLogged(predicate, bytes, log);
    const kept = trusted.logHead === undefined ? [] : [keptCheck(trusted.logHead, trusted.keys, log)];
    return {
      ...reportOf([...report.checks, ...commit, ...logged, ...kept], statement),
      ...{ from, isHeldAgainstClone: true, isHeldAgainstLog: log !== undefined },
    };
  }

  /** The log of a lane, read once; undefined where it is not here. */
  private async logOf(lane: string, keys: EnvelopeKeys): Promise<LogReport | undefined> {
    const known = this.logs.get(lane);
    if (known !== undefined) return known;
    const report = await this.readLogOf(lane, keys);
    if (report !== undefined) this.logs.set(lane, report);
    return report;
  }

  private async readLogOf(lane: string, keys: EnvelopeKeys): Promise<LogReport | undefined> {
    const no = (fault: string): LogReport => ({ lane, fault, entries: [] });
    const name = logRefOf(lane);
    const head = this.place.logs.find(({ ref }) => ref === name);
    if (head === undefined) return (await this.place.isBroken(name)) ? no(broken(name)) : undefined;
    const read = await readLog(this.git, this.place.gitDir, head.oid);
    return read.ok ? verifyLog(read.records, { keys, lane }) : no(read.message);
  }

  private async brokenProof(commit: string): Promise<Verified | undefined> {
    const candidate = await this.candidateOf(commit);
    const ref = `refs/gatehouse/proof/${candidate}`;
    if (candidate === undefined || !(await this.place.isBroken(ref))) return undefined;
    return {
      ...reportOf([{ check: 'proof', ok: false, message: broken(ref) }], null),
      from: ref,
      ...notHeld,
    };
  }

  private async candidateOf(commit: string): Promise<string | undefined> {
    const { message = '' } = (await readCommit(this.git, this.place.gitDir, commit)) ?? {};
    return /^Gatehouse-Candidate: (cnd_[0-9a-f]{64})$/m.exec(message)?.[1];
  }

  /** The commit's own word for its candidate says only where to look first. */
  private async headsFor(commit: string): Promise<ProofPlace['heads']> {
    const candidate = await this.candidateOf(commit);
    const { heads } = this.place;
    return [...heads].sort(
      (a, b) => Number(b.ref.endsWith(`/${candidate}`)) - Number(a.ref.endsWith(`/${candidate}`)),
    );
  }
}

const broken = (ref: string): string =>
  `${ref} is here and names nothing that can be read: somebody changed it, or it leads to itself. Keep a copy of the file, delete it, and fetch it again.`;

const noProof = (commit: string): Verified => {
  const check: ProofCheck = {
    check: 'proof',
    ok: false,
    message: `There is no proof of commit ${commit} here. Fetch them: git fetch origin 'refs/gatehouse/*:refs/gatehouse/*'`,
  };
  return { ...reportOf([check], null), from: null, ...notHeld };
};

/** Whoever kept a head knows that there was a log. */
const keptCheck = (head: Uint8Array, keys: EnvelopeKeys, log: LogReport | undefined): ProofCheck =>
  log !== undefined
    ? checkLogHead(head, keys, log)
    : {
        check: 'log_head',
        ok: false,
        message:
          "The promotion log of the lane is not here, and a head of it was kept. Fetch it: git fetch origin 'refs/gatehouse/*:refs/gatehouse/*'. Where that does not bring it, it was deleted.",
      };
