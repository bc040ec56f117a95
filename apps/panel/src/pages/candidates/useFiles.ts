import { useState } from 'react';
import type { CandidateDiff } from '@gatehouse/contracts';
import { arrive } from '../../elements/arrive.js';
import { beginOpen } from './diff.view.js';
import { filePlace, linePlace, type Found } from './found.js';

export interface FileChoice {
  readonly everything: boolean;
  readonly isOpen: (path: string) => boolean;
  readonly toggle: (path: string) => void;
  readonly openAll: (open: boolean) => void;
  readonly showAll: () => void;
  readonly goToFile: (path: string) => void;
  readonly goToFound: (found: Found) => void;
}

/** Which files of a diff are open and listed: as they begin, until the reader says otherwise. */
export const useFiles = (
  diff: CandidateDiff | undefined,
  found: ReadonlyMap<string, readonly Found[]>,
): FileChoice => {
  const [said, say] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [everything, setEverything] = useState(false);
  const begin = beginOpen(diff?.files ?? [], found);
  const isOpen = (path: string) => said.get(path) ?? begin.has(path);
  const open = (path: string, is: boolean) => say((now) => new Map(now).set(path, is));
  const reach = (path: string) => {
    open(path, true);
    setEverything(true);
  };
  return {
    everything,
    isOpen,
    toggle: (path) => open(path, !isOpen(path)),
    openAll: (is) => say(new Map((diff?.files ?? []).map(({ path }) => [path, is]))),
    showAll: () => setEverything(true),
    goToFile: (path) => {
      reach(path);
      arrive(filePlace(path), undefined, 'start');
    },
    goToFound: (one) => {
      const { path } = one.finding;
      if (path === undefined) return;
      reach(path);
      arrive(linePlace(one.id), filePlace(path));
    },
  };
};
