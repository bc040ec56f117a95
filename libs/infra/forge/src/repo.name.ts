import { GatehouseError } from '@gatehouse/contracts';
import type { ForgeRepo } from './forge.js';

/** A name becomes a part of an address: one that would lead elsewhere is never asked for. Throws `forge.invalid`. */
export const checkRepo = ({ owner, name }: ForgeRepo): void => {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(owner) && /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(name))
    return;
  throw new GatehouseError(
    'forge.invalid',
    `${JSON.stringify(`${owner}/${name}`.slice(0, 120))} cannot be the name of a repository at GitHub.`,
  );
};

/** Throws `forge.invalid`. */
export const checkLogin = (login: string): void => {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?$/.test(login)) return;
  throw new GatehouseError(
    'forge.invalid',
    `${JSON.stringify(login.slice(0, 120))} cannot be a login at GitHub.`,
  );
};
