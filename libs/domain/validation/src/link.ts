import type { RawPath } from '@gatehouse/policy';
import type { LinkFacts } from './facts.js';
import { looksLikeDotGit } from './names.js';

/** What the candidate tree has at a path: a link's target, or null where there is no link. */
export type LookUpLink = (path: RawPath) => Promise<RawPath | null>;

const maxHops = 40;
/** What a kernel follows at most, and what git stores of a target is read up to. */
export const maxTargetBytes = 4096;

/**
 * Says where a link leads, resolving every component as a kernel would: `sub/..` is not the same folder where
 * `sub` is itself a link. A target that does not exist stays inside, since it can only become a file there.
 */
export const resolveLink = async (path: RawPath, target: RawPath, lookUp: LookUpLink): Promise<LinkFacts> => {
  const answer = (leads: LinkFacts['leads']): LinkFacts => ({
    target: target.slice(0, maxTargetBytes) as RawPath,
    leads,
  });
  // No kernel makes such a link, so a checkout would fail or leave something else there.
  if (target === '') return answer('empty');
  const here = path.split('/').slice(0, -1);
  let todo = target.split('/').reverse();
  let hops = 0;
  let next: RawPath = target;
  for (;;) {
    if (next.length > maxTargetBytes) return answer('too_long');
    if (next.startsWith('/')) return answer('absolute');
    let followed = false;
    while (todo.length > 0) {
      const part = todo.pop()!;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (here.pop() === undefined) return answer('outside');
        continue;
      }
      if (looksLikeDotGit(part)) return answer('into_git');
      const link = await lookUp([...here, part].join('/') as RawPath);
      if (link === null) {
        here.push(part);
        continue;
      }
      hops += 1;
      if (hops > maxHops) return answer('loop');
      todo = [...todo, ...link.split('/').reverse()];
      next = link;
      followed = true;
      break;
    }
    if (!followed) return answer('inside');
  }
};
