import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { planeRoles } from '@gatehouse/database';
import type { Identities } from './identities.js';

/** A folder or file of the data folder: who owns it, and the mode it has. */
export interface Place {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly isFile?: boolean;
}

/** The folders that the processes need, and what belongs to whom; one row per place, from the outside in. */
export const placesOf = (data: string, { api, engine, planeGid, ...rest }: Identities): Place[] => {
  const root = { uid: 0, gid: 0 };
  const at = (...path: string[]): string => join(data, ...path);
  return [
    { path: data, ...root, mode: 0o711 },
    { path: at('credentials'), ...root, mode: 0o700 },
    { path: at('logs'), ...root, mode: 0o700 },
    { path: at('work'), ...root, mode: 0o700 },
    { path: at('settings.env'), ...root, mode: 0o600, isFile: true },
    { path: at('run'), ...root, mode: 0o711 },
    ...planeRoles.map((role) => ({
      path: at('run', role),
      uid: 0,
      gid: { api, engine, promoter: rest.promoter }[role].gid,
      mode: 0o710,
    })),
    // What the api alone has: the first tokens as it made them, and the key of TLS.
    { path: at('api'), ...api, mode: 0o700 },
    // Fetched into by all three; what git makes in it belongs to the group, by the folder's set-group-id bit.
    { path: at('mirrors'), uid: 0, gid: planeGid, mode: 0o2770 },
    // Each makes its own below, private; the sticky bit keeps the others from removing it.
    { path: at('quarantine'), uid: 0, gid: planeGid, mode: 0o1770 },
    // The promoter's socket for tokens that read; the set-group-id bit gives it to the group.
    { path: at('forge'), uid: rest.promoter.uid, gid: planeGid, mode: 0o2710 },
    // The engine signs; the others read the heads and the public key.
    { path: at('ledger'), uid: engine.uid, gid: planeGid, mode: 0o2750 },
    // The promoter signs what it publishes; the others read the public keys.
    { path: at('proof'), uid: rest.promoter.uid, gid: planeGid, mode: 0o2750 },
    { path: at('proof', 'keys'), uid: rest.promoter.uid, gid: planeGid, mode: 0o2750 },
  ];
};

/** Makes a place what it should be; a link in its place is never followed. */
const put = ({ path, uid, gid, mode, isFile = false }: Place): void => {
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (!isThere && isFile) return;
  if (!isThere) mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return;
  if (found.uid !== uid || found.gid !== gid) lchownSync(path, uid, gid);
  // A change of owner clears the set-group-id bit of files, not of folders; the mode comes after it anyhow.
  if ((lstatSync(path).mode & 0o7777) !== mode) chmodSync(path, mode);
};

/** Gives everything below `path` to the engine and the group of the plane. Nobody else runs meanwhile. */
const shareBelow = (path: string, { engine, planeGid }: Identities): void => {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const at = join(path, entry.name);
    const found = lstatSync(at);
    // A second name of somebody else's file would be given away with it.
    if (!entry.isDirectory() && (!entry.isFile() || found.nlink > 1)) continue;
    lchownSync(at, engine.uid, planeGid);
    const owner = (found.mode & 0o700) >> 3;
    chmodSync(at, entry.isDirectory() ? 0o2770 : (found.mode & 0o700) | owner);
    if (entry.isDirectory()) shareBelow(at, { engine, planeGid } as Identities);
  }
};

/** Files of the ledger lay beside the folders once. */
const ledgerFiles = ['ledger-heads.jsonl', 'ledger-signing.pem', 'ledger-signing.pub.pem'] as const;

/** Moves the files of the ledger into a folder of their own, where an earlier version left them outside. */
export const moveLedger = (data: string): void => {
  mkdirSync(join(data, 'ledger'), { recursive: true, mode: 0o700 });
  for (const name of ledgerFiles) {
    const [from, to] = [join(data, name), join(data, 'ledger', name)];
    if (existsSync(from) && !existsSync(to)) renameSync(from, to);
  }
};

const markOf = (data: string): string => join(data, 'run', 'owners.json');

/** Entries with modes of their own, which are not ours to change here. */
const known = new Set(['postgres', 'run', 'api', 'mirrors', 'quarantine', 'forge', 'ledger', 'proof']);

/** Lets others walk through root's data folder, which earlier versions did not, and closes what lies open in it. */
export const openPassage = (data: string): void => {
  for (const name of readdirSync(data)) {
    const found = lstatSync(join(data, name));
    const isOpen = (found.isFile() || found.isDirectory()) && (found.mode & 0o077) !== 0;
    if (!known.has(name) && found.uid === 0 && isOpen) chmodSync(join(data, name), found.mode & 0o700);
  }
  chmodSync(data, 0o711);
};

/**
 * Gives each process its part of the data folder. What an earlier version, or a start without users, left to root is
 * handed over once, whole, before anything runs; a mark remembers that.
 */
export const shareData = (data: string, identities: Identities): void => {
  for (const place of placesOf(data, identities)) put(place);
  const mark = JSON.stringify(identities);
  if (existsSync(markOf(data)) && readFileSync(markOf(data), 'utf8') === mark) return;
  shareBelow(join(data, 'mirrors'), identities);
  // Work of processes that are gone; it could belong to none of the new users.
  for (const name of readdirSync(join(data, 'quarantine')))
    rmSync(join(data, 'quarantine', name), { recursive: true, force: true });
  const { engine, promoter, planeGid } = identities;
  for (const [name, mode] of [
    ['ledger-heads.jsonl', 0o640],
    ['ledger-signing.pem', 0o600],
    ['ledger-signing.pub.pem', 0o644],
  ] as const)
    put({ path: join(data, 'ledger', name), uid: engine.uid, gid: planeGid, mode, isFile: true });
  const proofFiles = readdirSync(join(data, 'proof', 'keys')).map(
    (name) => [join('keys', name), 0o644] as const,
  );
  for (const [name, mode] of [['proof-signing.pem', 0o600] as const, ...proofFiles])
    put({ path: join(data, 'proof', name), uid: promoter.uid, gid: planeGid, mode, isFile: true });
  writeFileSync(markOf(data), mark, { mode: 0o600 });
};

/** A start without users makes files that belong to root: the next one with users has to hand them over again. */
export const forgetShares = (data: string): void => rmSync(markOf(data), { force: true });
