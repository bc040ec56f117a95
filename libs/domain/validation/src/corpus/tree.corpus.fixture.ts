import { add, blobId, remove, type Attack } from './attack.fixture.js';
import { baseFiles, file, subCommit } from './corpus.fixture.js';
import { honest } from './text.corpus.fixture.js';

const oid = (path: string): string => blobId(baseFiles[path]![1]);
const other = 'b'.repeat(40);
const flip = (path: string, from: string, to: string): string =>
  `diff --git a/${path} b/${path}\nold mode ${from}\nnew mode ${to}\n`;
const retarget = (to: string): string =>
  `diff --git a/link b/link\nindex ${oid('link')}..${blobId(to)} 120000\n--- a/link\n+++ b/link\n@@ -1 +1 @@\n-dir\n\\ No newline at end of file\n+${to}\n\\ No newline at end of file\n`;
const moveSub = (line: string): string =>
  `diff --git a/sub b/sub\nindex ${subCommit}..${other} 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n-Subproject commit ${subCommit}\n+${line}\n`;
const link = (path: string, to: string): string => add(path, to, '120000');
const wrongModes = [
  '100664',
  '100600',
  '100777',
  '040000',
  '160001',
  '000000',
  '0100644',
  '100',
  '120755',
  'rwxr-x',
];

/** Modes, links, submodules, and files that change their kind. */
export const treeAttacks: readonly Attack[] = [
  ...wrongModes.map((mode) => ({
    name: `a new file of mode ${mode}`,
    patch: () => add('n', 'x\n', mode),
    ends: 'patch.mode',
  })),
  {
    name: 'another mode in the index line',
    patch: () => honest.replace(/ 100644$/m, ' 100755'),
    ends: 'patch.mode_mismatch',
  },
  {
    name: 'a mode that no file has in the index line',
    patch: () => honest.replace(/ 100644$/m, ' 100664'),
    ends: 'patch.mode',
  },
  { name: 'no mode in the index line', patch: () => honest.replace(/ 100644$/m, ''), ends: 'patch.mode' },
  {
    name: 'two modes',
    patch: () => honest.replace('index', 'old mode 100644\nnew mode 100755\nindex'),
    ends: 'patch.mode',
  },
  {
    name: 'an old mode alone',
    patch: () => honest.replace('index', 'old mode 100644\nindex'),
    ends: 'patch.mode',
  },
  {
    name: 'new and deleted at once',
    patch: () => add('n').replace('index', 'deleted file mode 100644\nindex'),
    ends: ['patch.index', 'patch.header'],
  },
  {
    name: 'a link by its mode alone',
    patch: () => flip('README.md', '100644', '120000'),
    ends: 'patch.mode',
  },
  {
    name: 'a file by the mode of a link alone',
    patch: () => flip('link', '120000', '100644'),
    ends: 'patch.mode',
  },
  {
    name: 'a link by mode with content',
    patch: () => honest.replace(/index (\S+) 100644/, 'old mode 100644\nnew mode 120000\nindex $1'),
    ends: 'patch.mode',
  },
  { name: 'a mode to itself', patch: () => flip('README.md', '100644', '100644'), ends: 'patch.mode' },
  {
    name: 'an old mode that the base does not have',
    patch: () => flip('run', '100644', '100755'),
    ends: ['patch.mode_mismatch', 'patch.no_effect'],
  },
  { name: 'an executable bit', patch: () => flip('README.md', '100644', '100755'), ends: 'tree' },
  {
    name: 'an executable bit where policy forbids it',
    patch: () => flip('README.md', '100644', '100755'),
    ends: 'mode.executable',
    rules: { executables: 'forbid' },
  },
  {
    name: 'a link where policy forbids it',
    patch: () => link('n', 'dir'),
    ends: 'symlink.changed',
    rules: {},
  },
  { name: 'a link inside', patch: () => link('n', 'dir/x'), ends: 'tree' },
  {
    name: 'a link retargeted without a mode line, where policy forbids it',
    patch: () => retarget('run'),
    ends: 'symlink.changed',
    rules: {},
  },
  { name: 'a link retargeted to /etc', patch: () => retarget('/etc/passwd'), ends: 'symlink.target' },
  { name: 'a link that leads out', patch: () => link('n', '../x'), ends: 'symlink.target' },
  {
    name: 'a link that leads out below a folder',
    patch: () => link('a/b/n', '../../../x'),
    ends: 'symlink.target',
  },
  {
    name: 'a link that leads out over a link',
    patch: () => link('n', 'link/../../x'),
    ends: 'symlink.target',
  },
  {
    name: 'a link through one that is absolute',
    patch: () => link('n', 'out/passwd'),
    ends: 'symlink.target',
  },
  { name: 'a link into .git', patch: () => link('n', '.git/config'), ends: 'symlink.target' },
  {
    name: 'a link into .GIT by a detour',
    patch: () => link('n', 'dir/../.GIT/hooks'),
    ends: 'symlink.target',
  },
  { name: 'a link to itself', patch: () => link('n', 'n'), ends: 'symlink.target' },
  { name: 'links in a circle', patch: () => link('n', 'm') + link('m', 'n'), ends: 'symlink.target' },
  { name: 'a target of 5000 bytes', patch: () => link('n', 'x/'.repeat(2500)), ends: 'symlink.target' },
  { name: 'a link with an empty target', patch: () => link('n', ''), ends: ['symlink.target', 'fsck.fault'] },
  {
    name: 'a new link and a file through it',
    patch: () => link('n', '/tmp') + add('n/x'),
    ends: 'patch.path_conflict',
  },
  { name: 'a file through a link of the base', patch: () => add('out/cron.d'), ends: 'patch.path_conflict' },
  { name: 'a file through a link inside', patch: () => add('link/y'), ends: 'patch.path_conflict' },
  {
    name: 'a link away and a folder in its place',
    patch: () => remove('out', '/etc', '120000') + add('out/x'),
    ends: 'tree',
  },
  {
    name: 'a link that becomes a file',
    patch: (c) => c.diff(c.base, c.changed({ link: file('plain\n') })),
    ends: 'tree',
  },
  {
    name: 'a file that becomes a link that leads out',
    patch: (c) => c.diff(c.base, c.changed({ run: ['120000', '/bin/sh'] })),
    ends: 'symlink.target',
  },
  {
    name: '.gitmodules as a link',
    patch: () => link('.gitmodules', 'dir/x'),
    ends: ['patch.illegal_path', 'fsck.fault'],
  },
  { name: '.gitattributes as a link', patch: () => link('.gitattributes', 'dir/x'), ends: 'fsck.fault' },
  {
    name: 'a look-alike of .gitmodules as a link',
    patch: () => link('.GitModules', 'dir/x'),
    ends: ['name.git_file', 'patch.illegal_path'],
  },
  {
    name: 'a submodule where policy forbids it',
    patch: () => add('n', other, '160000'),
    ends: 'gitlink.changed',
    rules: {},
  },
  { name: 'a submodule', patch: () => add('n', other, '160000'), ends: 'tree' },
  { name: 'a submodule moved', patch: () => moveSub(`Subproject commit ${other}`), ends: 'tree' },
  {
    name: 'a submodule moved elsewhere than its text says',
    patch: () => moveSub(`Subproject commit ${'c'.repeat(40)}`),
    ends: 'patch.index',
  },
  {
    name: 'a submodule that is dirty',
    patch: () => moveSub(`Subproject commit ${other}-dirty`),
    ends: 'patch.index',
  },
  { name: 'a submodule with prose', patch: () => moveSub('anything'), ends: 'patch.index' },
  { name: 'a file below a submodule', patch: () => add('sub/x'), ends: 'patch.path_conflict' },
  {
    name: 'a submodule that becomes a file',
    patch: (c) => c.diff(c.base, c.changed({ sub: file('x\n') })),
    ends: 'tree',
  },
  {
    name: '.gitmodules where policy forbids it',
    patch: () => add('.gitmodules', '[submodule "a"]\n'),
    ends: 'gitlink.gitmodules',
    rules: {},
  },
  {
    name: '.gitmodules that names an option',
    patch: () => add('.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n'),
    ends: 'fsck.fault',
  },
  {
    name: '.gitmodules that runs a command',
    patch: () => add('.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = x\n\tupdate = !sh\n'),
    ends: 'fsck.fault',
  },
  {
    name: '.gitmodules with a name that leads out',
    patch: () => add('.gitmodules', '[submodule "../../x"]\n\tpath = x\n\turl = x\n'),
    ends: 'fsck.fault',
  },
  {
    name: 'a deleted binary, link and submodule',
    patch: (c) => c.diff(c.base, c.changed({ bin: null, link: null, sub: null, run: null })),
    ends: 'tree',
  },
  { name: 'everything deleted', patch: (c) => c.diff(c.base, c.tree({})), ends: 'tree' },
];

const mailHead = (more = ''): string =>
  `From ${'1'.repeat(40)} Mon Sep 17 00:00:00 2001\nFrom: Other Person <ceo@trusted.org>\nDate: Mon, 1 Jan 2035 00:00:00 +0000\nSubject: [PATCH] Change it\n${more}\n`;
const mail = (text = '', more = ''): string =>
  `${mailHead(more)}${text}---\n README.md | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n${honest}-- \n2.39.5\n\n`;

/** What git format-patch sends, and what could be hidden in it. */
export const mailAttacks: readonly Attack[] = [
  {
    name: 'an honest mail of somebody else from the future',
    patch: () => mail('From: Third <t@example.org>\nDate: 2035\n\nText\n'),
    ends: 'tree',
  },
  {
    name: 'a mail that announces UTF-8',
    patch: () =>
      mail(
        '',
        'MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n',
      ),
    ends: 'tree',
  },
  {
    name: 'words that look like labels',
    patch: () => mail('--- a/x is what I changed\n+ and more\n'),
    ends: 'tree',
  },
  {
    name: 'a base64 mail',
    patch: () => mail('', 'Content-Transfer-Encoding: base64\n'),
    ends: 'patch.encoded_mail',
  },
  {
    name: 'a quoted-printable mail',
    patch: () => mail('', 'content-transfer-encoding: Quoted-Printable\n'),
    ends: 'patch.encoded_mail',
  },
  {
    name: 'a mail of several parts',
    patch: () => mail('', 'Content-Type: multipart/mixed; boundary="x"\n'),
    ends: 'patch.encoded_mail',
  },
  {
    name: 'a mail of several parts, folded',
    patch: () => mail('', 'Content-Type:\n multipart/mixed; boundary="x"\n'),
    ends: 'patch.encoded_mail',
  },
  {
    name: 'a tab before the encoding',
    patch: () => mail('', 'Content-Transfer-Encoding:\tbase64\n'),
    ends: 'patch.encoded_mail',
  },
  {
    name: 'a second patch behind the signature',
    patch: () => mail() + add('.github/x'),
    ends: 'patch.second_patch',
  },
  { name: 'a second mail', patch: () => mail() + mail(), ends: 'patch.second_patch' },
  {
    name: 'a headerless diff behind the signature',
    patch: () => `${mail()}--- a/run\n+++ b/run\n@@ -1 +1 @@\n-#!/bin/sh\n+x\n`,
    ends: 'patch.second_patch',
  },
  {
    name: 'prose behind the signature',
    patch: () => `${mail()}${'Buy now\n'.repeat(100)}`,
    ends: 'patch.trailing',
  },
  {
    name: 'a headerless diff in the words',
    patch: () => mail('--- a/run\n+++ b/run\n@@ -1 +1 @@\n-#!/bin/sh\n+x\n'),
    ends: 'patch.headerless',
  },
  { name: 'a hunk in the words', patch: () => mail('@@ -1 +1 @@\n-a\n+b\n'), ends: 'patch.headerless' },
  {
    name: 'a mail without a diff',
    patch: () => `${mailHead()}Only words.\n`,
    ends: ['patch.not_a_patch', 'noop'],
  },
  {
    name: 'a mail cut in its header',
    patch: () => mailHead().trimEnd(),
    ends: ['patch.truncated', 'patch.not_a_patch'],
  },
  { name: 'a NUL in the header of a mail', patch: () => mail('', 'X-A: \0\n'), ends: 'patch.header_bytes' },
];
