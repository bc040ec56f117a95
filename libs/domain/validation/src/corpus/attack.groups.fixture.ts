import type { Attack } from './attack.fixture.js';
import { binaryAttacks } from './binary.corpus.fixture.js';
import { concealmentAttacks } from './concealment.corpus.fixture.js';
import { contentAttacks } from './content.corpus.fixture.js';
import { nameAttacks } from './name.corpus.fixture.js';
import { reviewAttacks } from './review.corpus.fixture.js';
import { secretAttacks } from './secret.corpus.fixture.js';
import { surfaceAttacks } from './surface.corpus.fixture.js';
import { textAttacks } from './text.corpus.fixture.js';
import { mailAttacks, treeAttacks } from './tree.corpus.fixture.js';

/** Everything hostile that we know of, by what it is about. */
export const attackGroups: readonly (readonly [group: string, attacks: readonly Attack[]])[] = [
  ['form', textAttacks],
  ['content', contentAttacks],
  ['binary', binaryAttacks],
  ['name', nameAttacks],
  ['tree', treeAttacks],
  ['mail', mailAttacks],
  ['surface', surfaceAttacks],
  ['concealment', concealmentAttacks],
  ['secret', secretAttacks],
  ['review', reviewAttacks],
];
