import type { Finding, Severity } from '@gatehouse/contracts';
import { foldPath, globSet, type RawPath } from '@gatehouse/policy';
import { kindOfContent } from '../content.kind.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import type { SecretHit } from '../secrets/secret.hit.js';
import { quotePath } from '../quote.js';
import { namesOf, newNames } from '../secrets/new.names.js';
import { tooMuch } from '../secrets/secret.scan.js';

/** Random values of digests, by the thousand. */
const lockFiles = globSet(
  ['*.lock', '*-lock.json', '*-lock.yaml', '*.lockb', 'go.sum', 'npm-shrinkwrap.json', '*.lock.json'].map(
    (name) => `**/${name}`,
  ),
);

const codes: Readonly<Record<string, readonly [code: string, what: string]>> = {
  'private-key': ['secret.private_key', 'a private key'],
  'json-web-token': ['secret.web_token', 'a JSON Web Token'],
  'password-in-address': ['secret.address', 'an address with a password in it'],
  'named-secret': ['secret.named', 'a random value under the name of a secret'],
};

const writings: Readonly<Record<SecretHit['writing'], string>> = {
  plain: '',
  reversed: ', written backwards',
  rot13: ', written in rot13',
  base64: ', written in base64',
  hex: ', written in hex',
  spliced: ', written with escapes or in pieces',
  compressed: ', compressed',
};

/** A test or a document may hold what only looks like a secret; a person tells. */
export const severityIn = (path: RawPath, { sure }: SecretHit): Severity | null => {
  if (sure) return 'block';
  if (lockFiles.match(foldPath(path)) !== null) return null;
  return ['fixture', 'prose', 'locale'].includes(kindOfContent(path)) ? 'require_approval' : 'block';
};

const findingOf = (path: RawPath, hit: SecretHit): Finding[] => {
  const { rule, line, fingerprint, writing } = hit;
  if (rule === tooMuch)
    return [
      finding({
        code: 'secret.unfinished',
        severity: 'require_approval',
        message: 'The file holds so much that looks like credentials that not all of it was looked at.',
        next: 'Have a person look at the file, or split it.',
        path,
      }),
    ];
  const severity = severityIn(path, hit);
  if (severity === null) return [];
  const [code, what] = codes[rule] ?? ['secret.token', `a credential (${rule})`];
  return [
    finding({
      code,
      severity,
      message: `The line shows ${what}${writings[writing]}.`,
      next: 'Take it out and revoke it if it is real; a fake one may be allowed by its fingerprint: secrets.allow of the policy.',
      path,
      line,
      evidence: `fingerprint ${fingerprint}`,
    }),
  ];
};

/** A credential has at least so many letters and digits in a row, or is written with many marks between. */
const inHidden = /[A-Za-z0-9_+=%-]{8,}/g;

/** So much of a name that a person knows it again; the path itself would show the credential once more. */
const masked = (path: RawPath): string => {
  const shown = quotePath(path).replace(inHidden, (run) => `${run.slice(0, 4)}…`);
  return shown.includes('…') ? shown.slice(0, 300) : '…';
};

const inName = (path: RawPath, { rule, fingerprint, writing }: SecretHit): Finding => {
  const [code, what] = codes[rule] ?? ['secret.token', `a credential (${rule})`];
  return finding({
    code,
    severity: 'block',
    message: `The name ${masked(path)} shows ${what}${writings[writing]}.`,
    next: 'Give it another name, and revoke the credential if it is real.',
    evidence: `fingerprint ${fingerprint}`,
  });
};

export const secrets: StaticGate = {
  id: 'secrets',
  group: 'content',
  part: 'static',
  stage: 'tree',
  version: 3,
  reads: ['secrets'],
  summary: 'No new credential stands in content or names, in whatever writing',
  check: ({ change, policy }) => {
    if (change === null) return missing('the candidate tree');
    const { secrets: found, entries } = change;
    if (found === null) return missing('what the scan for secrets found');
    const hitsOf = (oid: string): readonly SecretHit[] => found.get(oid) ?? [];
    // Moved or edited around: it was published before, and this change cannot take that back.
    const known = new Set(
      entries.flatMap(({ oldOid }) => hitsOf(oldOid).map(({ fingerprint }) => fingerprint)),
    );
    const allowed = new Set(policy.secrets.allow);
    const isNew = ({ fingerprint }: SecretHit): boolean =>
      !known.has(fingerprint) && !allowed.has(fingerprint);
    const names = namesOf(entries);
    // What may be anything else is common in names: digests, ids, words.
    const inNames = hitsOf(newNames).filter(
      (hit) => hit.sure && isNew(hit) && names[hit.line - 1] !== undefined,
    );
    return decide([
      ...entries.flatMap(({ path, newOid }) =>
        hitsOf(newOid)
          .filter(isNew)
          .flatMap((hit) => findingOf(path, hit)),
      ),
      ...inNames.map((hit) => inName(names[hit.line - 1]!, hit)),
    ]);
  },
};
