import { decide, finding, missing, type ContextGate } from '../gate.js';
import { looksLikeDotGit } from '../names.js';

export const formatStrict: ContextGate = {
  id: 'format-strict',
  group: 'artifact',
  part: 'context',
  stage: 'artifact',
  version: 1,
  summary: 'The patch is exactly what git diff --binary --full-index writes',
  always: true,
  check: ({ patch }) => {
    if (patch === null) return missing('what the patch holds');
    if (!patch.ok) {
      const next = 'Make it with git diff --binary --full-index --no-renames, unedited.';
      return decide([finding({ code: patch.code, severity: 'block', message: patch.message, next })]);
    }
    const intoGit = patch.files.filter(({ path }) => path.split('/').some(looksLikeDotGit));
    return decide(
      intoGit.map(({ path }) =>
        finding({
          code: 'name.dot_git',
          severity: 'block',
          message: 'The path leads into a folder that git or another file system takes for .git.',
          next: 'Leave this path out of the change.',
          path,
        }),
      ),
    );
  },
};
