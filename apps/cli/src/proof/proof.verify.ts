import { GatehouseError } from '@gatehouse/contracts';
import { envelopeKeysFromPem, verifyProof, type EnvelopeKeys } from '@gatehouse/proof';
import type { Cli } from '../cli.js';
import { readInput } from '../document.file.js';
import { CliFault, type ExitName } from '../exit.code.js';
import type { Trusted, Verified } from './proof.clone.js';
import { proofSource, type ProofSource } from './proof.source.js';

export interface ProofOptions {
  readonly repository?: string;
  readonly key?: string;
  readonly logHead?: string;
}

const readKeys = async (cli: Cli, path: string | undefined): Promise<EnvelopeKeys> => {
  if (path === undefined)
    throw new CliFault(
      'usage',
      'a proof is checked with the public keys of the installation',
      'give them with --key; gatehouse key export prints them',
    );
  const text = Buffer.from(await readInput(cli.io, path)).toString('utf8');
  const keys = envelopeKeysFromPem(text);
  if (keys.size > 0) return keys;
  throw new CliFault('usage', `${path} holds no public key in PEM form`, 'export the keys again');
};

const verifyAll = async (
  cli: Cli,
  source: ProofSource,
  trusted: Trusted,
  clone: string | undefined,
): Promise<Verified[]> => {
  // Only a proof by itself needs no git; the rooms that run it are loaded where they are needed.
  if (source.kind === 'file' && clone === undefined) {
    const held = { isHeldAgainstClone: false, isHeldAgainstLog: false };
    return [{ ...verifyProof(source.bytes, trusted.keys), from: source.path, ...held }];
  }
  const { ProofClone } = await import('./proof.clone.js');
  const opened = await ProofClone.open(
    source.kind === 'commit' ? (clone ?? '.') : clone,
    source.kind === 'bundle' ? source.path : undefined,
  );
  try {
    if (source.kind === 'commit') return [await opened.ofCommit(source.name, trusted)];
    if (source.kind === 'bundle') return await opened.all(trusted);
    return [await opened.complete(source.bytes, source.path, trusted)];
  } finally {
    await opened.close();
  }
};

/** What the last line says of the log. */
const logWords = ({ isHeldAgainstLog, statement }: Verified): string => {
  if (statement?.predicate.log === undefined) return '';
  return isHeldAgainstLog
    ? ', and in the promotion log'
    : ". The promotion log is not here, so whether it has this was not looked at: git fetch origin 'refs/gatehouse/*:refs/gatehouse/*'";
};

const linesOf = (proof: Verified): string[] => {
  const { statement, checks, fault, from } = proof;
  const about = statement?.predicate;
  const end =
    fault !== null
      ? `NOT PROVEN: ${fault.check}: ${fault.message}`
      : proof.isHeldAgainstClone
        ? `Proven: commit ${about?.commit.id} of ${about?.promotion.branch}${logWords(proof)}`
        : `Proven, as far as the proof alone goes: whether commit ${about?.commit.id} is what it says was not looked at. Give the clone with --repository.`;
  return [
    ...(from === null ? [] : [`Proof ${from}`]),
    ...checks.map(({ check, ok, message }) => `${ok ? '✓' : '✗'} ${check}: ${message}`),
    end,
  ];
};

/** For machines: what was found, and what the statement is about where it was signed. */
const valueOf = ({ statement, ...proof }: Verified) => {
  const about = statement?.predicate;
  return {
    ...proof,
    commit: about?.commit.id ?? null,
    tree: about?.commit.tree ?? null,
    promotionId: about?.promotion.id ?? null,
    requestedBy: about?.job.requestedBy ?? null,
    approvedBy: about?.approvals.given.map(({ principal }) => principal) ?? null,
    policyDigest: about?.policy.digest ?? null,
  };
};

/** Git cannot read the clone at all: no plane has to do with that. */
const unreadable = (error: unknown): never => {
  if (!(error instanceof GatehouseError) || !error.code.startsWith('git.')) throw error;
  throw new CliFault('refused', `nothing was proven: ${error.message}`, 'run git fsck in the clone', {
    cause: error,
  });
};

/** Checks a commit, a bundle or a proof offline; ends with `refused` at the first fault. */
export const verifyOffline = async (cli: Cli, what: string, o: ProofOptions): Promise<ExitName> => {
  const keys = await readKeys(cli, o.key);
  const source = await proofSource(cli.io, what);
  if (o.logHead !== undefined && source.kind === 'file' && o.repository === undefined)
    throw new CliFault('usage', 'a log is read from a clone', 'give the clone with --repository');
  const logHead = o.logHead === undefined ? undefined : await readInput(cli.io, o.logHead);
  const proofs = await verifyAll(cli, source, { keys, logHead }, o.repository).catch(unreadable);
  if (proofs.length === 0)
    throw new CliFault('usage', `${what} holds no proof`, 'put its ref refs/gatehouse/proof/… into it');
  const ok = proofs.every((proof) => proof.ok);
  cli.out.result({ ok, proofs: proofs.map(valueOf) }, () => proofs.flatMap(linesOf));
  return ok ? 'ok' : 'refused';
};
