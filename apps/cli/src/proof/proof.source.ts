import { maxProofBytes } from '@gatehouse/proof';
import { readInput } from '../document.file.js';
import { CliFault } from '../exit.code.js';
import type { Io } from '../io.js';

/** What was given to verify. */
export type ProofSource =
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: 'bundle'; readonly path: string }
  | { readonly kind: 'commit'; readonly name: string };

const bundleMark = /^# v\d+ git bundle\n/;

/** A file where there is one of that name, a bundle where it begins like one, else the name of a commit. */
export const proofSource = async (io: Io, what: string): Promise<ProofSource> => {
  let bytes: Uint8Array;
  try {
    bytes = await io.read(what);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return { kind: 'commit', name: what };
    bytes = await readInput(io, what);
  }
  if (bundleMark.test(Buffer.from(bytes.subarray(0, 32)).toString('latin1')))
    return { kind: 'bundle', path: what };
  if (bytes.length > maxProofBytes)
    throw new CliFault('usage', `${what} has more than ${maxProofBytes} bytes`, 'give a proof or a bundle');
  return { kind: 'file', path: what, bytes };
};
