import { digestOf, sha256Hex } from './digest.js';
import { linkOf, logBeginning, signLogEntry, type LogEntry, type LogRecord } from './log.entry.js';
import { predicateOf } from './proof.fixture.js';
import type { SigningKey } from './signature.js';

const id = (prefix: string, n: number): string => `${prefix}_${String(n + 100).padStart(26, '0')}`;
const oid = (what: string): string => sha256Hex(what).slice(0, 40);

/** What the n-th entry of a sample log says; of the lane of the sample proof. */
export const logContent = (n: number): Omit<LogEntry, 'type' | 'seq' | 'prev'> => ({
  lane: predicateOf().history.lane.stream,
  promotionId: id('prm', n),
  sessionId: id('ses', n),
  candidateId: `cnd_${sha256Hex(`candidate ${n}`)}`,
  commit: oid(`commit ${n}`),
  tree: oid(`tree ${n}`),
  branch: `gatehouse/ses_${n}-fix-typo`,
  level: 'branch',
  laneGeneration: 3 * n,
  policyDigest: digestOf('policy'),
  verdict: { id: id('vrd', n), outcome: 'pass' },
  proof: sha256Hex(`proof ${n}`),
  at: `2026-01-02T04:00:${String(n).padStart(2, '0')}.000Z`,
});

/** An honest log of so many entries. */
export const logOf = (length: number, key: SigningKey): LogRecord[] => {
  let end = logBeginning;
  return Array.from({ length }, (_, i) => {
    const record = signLogEntry(end, logContent(i + 1), key);
    end = { seq: i + 1, digest: linkOf(record) };
    return record;
  });
};
