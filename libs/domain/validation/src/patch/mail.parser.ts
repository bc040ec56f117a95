import { gitHeader } from './header.parser.js';
import type { PatchReader } from './patch.reader.js';
import { refuse } from './refused.js';

/** True where the bytes begin as git format-patch begins a mail. */
export const isMail = (reader: PatchReader): boolean =>
  reader.startsWith('From ') && /^From (?:[0-9a-f]{40}|[0-9a-f]{64}) /.test(reader.peek(80));

const looksLikeDiff = ['diff ', '--- ', '+++ ', '@@ -', 'GIT binary patch', 'Index: ', 'From '];

/** A field with the lines that it goes on in, which begin with a blank. */
const takeField = (reader: PatchReader): string => {
  let field = reader.takeHeader();
  while (!reader.ended && (reader.startsWith(' ') || reader.startsWith('\t'))) field += reader.takeHeader();
  return field.toLowerCase().replace(/\s+/g, ' ');
};

/** Goes over the mail's header and text to the first `diff --git`; nothing in between may be read as a patch. */
export const skipPreamble = (reader: PatchReader): void => {
  reader.skipLine();
  while (!reader.ended && !reader.startsWith('\n')) {
    const field = takeField(reader);
    const encoded = /^content-transfer-encoding:(?! *(?:7bit|8bit) *$)/.test(field);
    if (encoded || field.startsWith('content-type: multipart')) refuse('patch.encoded_mail', reader.line - 1);
  }
  let oldLabel = false;
  while (!reader.ended && !reader.startsWith(gitHeader)) {
    if (reader.startsWith('@@ -') || (oldLabel && reader.startsWith('+++ '))) {
      refuse('patch.headerless', reader.line);
    }
    if (isMail(reader)) refuse('patch.second_patch', reader.line, 'Submit one patch for each job.');
    if (reader.startsWith('diff --')) refuse('patch.combined', reader.line);
    oldLabel = reader.startsWith('--- ');
    reader.skipLine();
  }
};

const maxSignatureLines = 16;

/** What format-patch writes behind the last file: its base on request, then the signature, then nothing. */
export const skipSignature = (reader: PatchReader): void => {
  let lines = 0;
  let signed = false;
  while (!reader.ended) {
    if (signed && looksLikeDiff.some((start) => reader.startsWith(start))) {
      refuse('patch.second_patch', reader.line, 'Submit one patch for each job.');
    }
    const isBase = ['base-commit: ', 'prerequisite-patch-id: '].some((label) => reader.startsWith(label));
    if (!signed && reader.startsWith('-- \n')) signed = true;
    else if (!signed && !isBase && !reader.startsWith('\n')) refuse('patch.trailing', reader.line);
    lines += 1;
    if (signed && lines > maxSignatureLines) refuse('patch.trailing', reader.line);
    // base-commit lists one patch id for every commit below it.
    if (lines > 10_000) refuse('patch.trailing', reader.line);
    reader.skipLine();
  }
};
