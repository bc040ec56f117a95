import { blobId, type Attack } from './attack.fixture.js';
import { baseFiles, lines } from './corpus.fixture.js';

const readme = lines(10);
const edited = lines(10, 4);
const ids = `${blobId(readme)}..${blobId(edited)}`;
const head = `diff --git a/README.md b/README.md\nindex ${ids} 100644\n`;
const labels = '--- a/README.md\n+++ b/README.md\n';
const body = ' line 1\n line 2\n line 3\n-line 4\n+changed 4\n line 5\n line 6\n line 7\n';
/** What git writes for the change of one line. */
export const honest = `${head}${labels}@@ -2,7 +2,7 @@ line 0\n${body}`;
const repeats = String(baseFiles['repeats']![1]);
const hunk = (at: string, text = body): string => `${head}${labels}${at}\n${text}`;
const shifted = repeats.replace('0\n1\n2\n3\n4\n0\n1\n2\n3', '0\n1\n2\n3\n4\n0\nX\n2\n3');
const misplaced = (start: number): string =>
  `diff --git a/repeats b/repeats\nindex ${blobId(repeats)}..${blobId(shifted)} 100644\n--- a/repeats\n+++ b/repeats\n@@ -${start},7 +${start},7 @@\n 3\n 4\n 0\n-1\n+X\n 2\n 3\n 4\n`;

/** The form of a patch: what is a diff at all, its header lines, hunks and ids. */
export const textAttacks: readonly Attack[] = [
  { name: 'the honest one', patch: () => honest, ends: 'tree' },
  { name: 'nothing', patch: () => '', ends: 'noop' },
  { name: 'blank lines', patch: () => '\n\n', ends: 'patch.not_a_patch' },
  { name: 'prose', patch: () => 'Please apply this.\n', ends: 'patch.not_a_patch' },
  { name: 'bytes', patch: () => Buffer.from([0, 1, 2, 255]), ends: 'patch.not_a_patch' },
  { name: 'a byte order mark', patch: () => `\xef\xbb\xbf${honest}`, ends: 'patch.headerless' },
  { name: 'UTF-16', patch: () => Buffer.from(honest, 'utf16le'), ends: 'patch.not_a_patch' },
  { name: 'CRLF throughout', patch: () => honest.replaceAll('\n', '\r\n'), ends: 'patch.header_bytes' },
  { name: 'prose before the diff', patch: () => `Look:\n${honest}`, ends: 'patch.not_a_patch' },
  { name: 'prose behind the diff', patch: () => `${honest}Thanks\n`, ends: 'patch.trailing' },
  { name: 'no diff --git line', patch: () => `${labels}@@ -2,7 +2,7 @@\n${body}`, ends: 'patch.headerless' },
  {
    name: 'a headerless diff behind a whole one',
    patch: () => `${honest}--- a/run\n+++ b/run\n@@ -1 +1 @@\n-#!/bin/sh\n+x\n`,
    ends: 'patch.trailing',
  },
  {
    name: 'a combined diff',
    patch: () => `diff --cc README.md\nindex 1,2..3\n${labels}`,
    ends: 'patch.combined',
  },
  { name: 'an ed script', patch: () => 'diff --git a/x b/x\n1d\n.\n', ends: ['patch.header', 'patch.index'] },
  { name: 'a lie: too few old lines', patch: () => hunk('@@ -2,6 +2,7 @@'), ends: 'patch.hunk' },
  {
    name: 'a lie: too many old lines',
    patch: () => hunk('@@ -2,8 +2,7 @@'),
    ends: ['patch.hunk', 'patch.truncated'],
  },
  { name: 'a lie: too few new lines', patch: () => hunk('@@ -2,7 +2,6 @@'), ends: 'patch.hunk' },
  {
    name: 'a lie: too many new lines',
    patch: () => hunk('@@ -2,7 +2,9 @@'),
    ends: ['patch.hunk', 'patch.truncated'],
  },
  { name: 'counts of nothing', patch: () => hunk('@@ -0,0 +0,0 @@', ''), ends: 'patch.hunk' },
  { name: 'a huge count', patch: () => hunk('@@ -2,99999999999 +2,7 @@'), ends: 'patch.hunk' },
  {
    name: 'a count beyond 2^31',
    patch: () => hunk('@@ -2,4294967303 +2,4294967303 @@'),
    ends: ['patch.hunk', 'patch.truncated'],
  },
  { name: 'leading zeros', patch: () => hunk('@@ -02,7 +2,7 @@'), ends: 'patch.hunk' },
  { name: 'a negative start', patch: () => hunk('@@ --2,7 +2,7 @@'), ends: 'patch.hunk' },
  {
    name: 'a hunk of context only',
    patch: () => hunk('@@ -2,2 +2,2 @@', ' line 1\n line 2\n'),
    ends: 'patch.hunk',
  },
  { name: 'sides that start apart', patch: () => hunk('@@ -2,7 +3,7 @@'), ends: 'patch.hunk_offset' },
  {
    name: 'the same hunk twice',
    patch: () => `${honest}@@ -2,7 +2,7 @@\n${body}`,
    ends: ['patch.hunk_order', 'patch.hunk_offset'],
  },
  {
    name: 'hunks in the wrong order',
    patch: () => `${head}${labels}@@ -9 +9 @@\n-line 8\n+l\n@@ -1 +1 @@\n-line 0\n+l\n`,
    ends: 'patch.hunk_order',
  },
  { name: 'a place where the text is not', patch: () => hunk('@@ -3,7 +3,7 @@'), ends: 'patch.offset' },
  {
    name: 'a place where the text is as well, beside the ids',
    patch: () => misplaced(9),
    ends: ['patch.blob_mismatch'],
  },
  {
    name: 'an offset at which git finds the text, with ids to match',
    patch: () => misplaced(3),
    ends: ['patch.offset', 'patch.blob_mismatch'],
  },
  { name: 'a start far behind the end', patch: () => hunk('@@ -2000,7 +2000,7 @@'), ends: 'patch.offset' },
];
