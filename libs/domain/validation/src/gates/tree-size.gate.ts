import type { Finding } from '@gatehouse/contracts';
import type { RawPath } from '@gatehouse/policy';
import { decide, finding, missing, type StaticGate } from '../gate.js';

const isFile = (mode: string): boolean => mode.startsWith('100');

export const treeSize: StaticGate = {
  id: 'tree-size',
  group: 'artifact',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'Few files change, and none of the new contents is large or has very long lines',
  always: true,
  reads: ['limits'],
  check: ({ change, policy: { limits } }) => {
    if (change === null) return missing('the candidate tree');
    const findings: Finding[] = [];
    const compare = (code: string, what: string, found: number, limit: number, path?: RawPath): void => {
      if (found <= limit) return;
      const message = `${what} ${found}; the policy allows ${limit}.`;
      const next = 'Split the change, or ask for another limit in the policy.';
      findings.push(finding({ code, severity: 'block', message, next, path }));
    };
    compare('size.files', 'Changed files:', change.entries.length, limits.files);
    let sum = 0;
    for (const { path, newMode, newOid } of change.entries) {
      if (newMode === '000000' || newMode === '160000') continue;
      const blob = change.blobs.get(newOid);
      if (blob === undefined) return missing('the size of a new file');
      sum += blob.size;
      compare('size.blob_bytes', 'Bytes of the file:', blob.size, limits.blobBytes, path);
      if (!isFile(newMode) || blob.size <= limits.lineBytes) continue;
      if (blob.content === null && blob.size <= limits.blobBytes) return missing('the content of a new file');
      if (blob.content === null || blob.content.binary) continue;
      compare(
        'size.line_bytes',
        'Bytes of its longest line:',
        blob.content.longestLine,
        limits.lineBytes,
        path,
      );
    }
    compare('size.inflated_bytes', 'Bytes of all new contents:', sum, limits.inflatedBytes);
    return decide(findings);
  },
};
