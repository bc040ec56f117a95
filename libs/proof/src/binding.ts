import type { PromotionLevel } from '@gatehouse/contracts';
import { digestOf } from './digest.js';

/** All that an approval and a promotion are bound to: if one of them differs, it is another promotion (I8). */
export interface Binding {
  readonly repositoryId: string;
  readonly target: string;
  readonly level: PromotionLevel;
  readonly baseTree: string;
  readonly tree: string;
  readonly policyDigest: string;
}

export const bindingDigest = (binding: Binding): string => {
  const { repositoryId, target, level, baseTree, tree, policyDigest } = binding;
  return digestOf({ repositoryId, target, level, baseTree, tree, policyDigest });
};
