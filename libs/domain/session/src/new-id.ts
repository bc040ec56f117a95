import { idPrefixes, type IdKind } from '@gatehouse/contracts';
import { monotonicFactory } from 'ulid';

const next = monotonicFactory();

/** A fresh id, later ones sorting behind earlier ones of this process. */
export const newId = (kind: IdKind): string => `${idPrefixes[kind]}_${next()}`;
