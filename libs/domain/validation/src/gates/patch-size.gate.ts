import { decide, finding, missing, type ContextGate, type FindingInput } from '../gate.js';

export const patchSize: ContextGate = {
  id: 'patch-size',
  group: 'artifact',
  part: 'context',
  stage: 'artifact',
  version: 2,
  summary: 'The patch is small, in bytes, files and lines, and so is what it declares to inflate to',
  always: true,
  reads: ['limits'],
  check: ({ artifact, patch, policy: { limits } }) => {
    if (artifact === null) return missing('the received artifact');
    if (patch === null) return missing('what the patch holds');
    const over: Omit<FindingInput, 'severity'>[] = [];
    const compare = (
      code: string,
      what: string,
      found: number,
      limit: number,
      path?: FindingInput['path'],
    ) => {
      if (found <= limit) return;
      const message = `${what} ${found}; the policy allows ${limit}.`;
      over.push({ code, message, next: 'Split the change, or ask for another limit in the policy.', path });
    };
    compare('size.patch_bytes', 'Bytes of the patch:', artifact.bytes, limits.patchBytes);
    // What cannot be read is the matter of format-strict; its size is known all the same.
    if (patch.ok) {
      compare(
        'size.files',
        'Files in the patch:',
        new Set(patch.files.map(({ path }) => path)).size,
        limits.files,
      );
      compare(
        'size.lines',
        'Lines added and removed:',
        patch.files.reduce((sum, { addedLines, deletedLines }) => sum + addedLines + deletedLines, 0),
        limits.lines,
      );
      compare(
        'size.inflated_bytes',
        'Bytes that its binary parts inflate to:',
        patch.inflatedBytes,
        limits.inflatedBytes,
      );
      for (const { path, forward, longestLine } of patch.files) {
        compare('size.blob_bytes', 'Bytes of the file:', forward?.target ?? 0, limits.blobBytes, path);
        compare('size.line_bytes', 'Bytes of its longest new line:', longestLine, limits.lineBytes, path);
      }
    }
    return decide(over.map((found) => finding({ ...found, severity: 'block' })));
  },
};
