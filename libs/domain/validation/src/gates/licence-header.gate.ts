import type { Finding } from '@gatehouse/contracts';
import { foldPath } from '@gatehouse/policy';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import { kindOfContent } from '../content.kind.js';
import type { ContentFacts } from '../facts.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';

const licenceFile = /(?:^|\/)(?:licen[cs]e|copying|notice|copyright|unlicense)(?:[.-][a-z0-9.-]{1,20})?$/;
/** LICENSE.ts is code about licences. */
const codeEnding = /\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|json|ya?ml|css|html|sh)$/;

const headerLine =
  /SPDX-License-Identifier:|\bcopyright\s+(?:\(c\)|©|\d{4})|\(c\)\s*(?:copyright\s*)?\d{4}|©\s*\d{4}|\blicensed under\b|\ball rights reserved\b|\bGNU (?:lesser |affero )?general public licen[cs]e\b|\bapache licen[cs]e\b|\bMIT licen[cs]e\b|\bmozilla public licen[cs]e\b|\bpermission is hereby granted\b/i;
const copyleft =
  /SPDX-License-Identifier:[^\n]{0,80}\b(?:AGPL|GPL|LGPL|SSPL|EUPL|OSL|CC-BY-SA)|\bGNU (?:lesser |affero )?general public licen[cs]e\b|"licen[cs]e"\s*:\s*"[^"\n]{0,60}\b(?:AGPL|GPL|LGPL|SSPL)/i;

const headerLines = 40;

const linesOf = (content: ContentFacts | null): string[] =>
  (content?.text ?? '').split('\n', headerLines).filter((line) => headerLine.test(line));
/** Years, signs of comments and blanks may change. */
const bare = (line: string): string => line.replace(/[\d\s*/#;<>!–—,.-]+/g, '').toLowerCase();

const blocked = ({ path }: ChangedFile, code: string, message: string, line?: number): Finding =>
  finding({
    code,
    severity: 'block',
    message,
    next: 'Put it back; who owns the code decides about its licence.',
    path,
    ...(line !== undefined && { line }),
  });

const ofLicence = (file: ChangedFile): Finding[] => {
  const { old, new: made, added, removed, entry, path } = file;
  if (entry.newMode === '000000') return [blocked(file, 'licence.file_removed', 'A licence is removed.')];
  if (entry.oldMode === '000000')
    return [
      finding({
        code: 'licence.file_added',
        severity: 'require_approval',
        message: 'A licence is added.',
        next: 'Have a person agree to it who may decide about licences.',
        path,
      }),
    ];
  const known = new Set(removed.map(({ text }) => bare(text)));
  const gone = new Set(added.map(({ text }) => bare(text)));
  const sameWords =
    old?.text != null &&
    made?.text != null &&
    added.every(({ text }) => known.has(bare(text))) &&
    removed.every(({ text }) => gone.has(bare(text)));
  return sameWords || entry.oldOid === entry.newOid
    ? []
    : [blocked(file, 'licence.file_changed', 'The words of a licence change.', added[0]?.number)];
};

const ofHeader = (file: ChangedFile): Finding[] => {
  if (file.old === null || file.new === null || file.new.text === null) return [];
  const before = linesOf(file.old);
  const after = new Set(linesOf(file.new).map(bare));
  // What stands further down now is not lost.
  const gone = new Set(file.removed.map(({ text }) => bare(text)));
  const lost = before.filter((line) => gone.has(bare(line)) && !after.has(bare(line)));
  if (lost.length === 0) return [];
  return after.size === 0
    ? [blocked(file, 'licence.header_removed', 'The file loses the words on its licence or its owner.')]
    : [blocked(file, 'licence.header_changed', 'The words on the licence or the owner of the file change.')];
};

const ofCopyleft = (file: ChangedFile): Finding[] => {
  if (['prose', 'fixture', 'locale'].includes(kindOfContent(file.path))) return [];
  const line = file.added.find(({ number, text }) => number <= headerLines && copyleft.test(text));
  if (line === undefined) return [];
  return [
    finding({
      code: 'licence.copyleft',
      severity: 'require_approval',
      message: 'A file comes under a licence that asks something of all that it becomes part of.',
      next: 'Leave it out, or have a person agree to it who may decide about licences.',
      path: file.path,
      line: line.number,
    }),
  ];
};

const findingsOf = (file: ChangedFile): Finding[] => {
  const name = foldPath(file.path);
  if (licenceFile.test(name) && !codeEnding.test(name)) return ofLicence(file);
  return [...ofHeader(file), ...ofCopyleft(file)];
};

export const licenceHeader: StaticGate = {
  id: 'licence-header',
  group: 'content',
  part: 'static',
  stage: 'tree',
  version: 2,
  summary: 'Licences and the headers that name them stay as they are',
  check: ({ change }) =>
    change === null ? missing('the candidate tree') : decide(changedFiles(change).flatMap(findingsOf)),
};
