// A history of things that real repositories hold and tools trip over: one oddity per commit.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const every = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7 + (i >> 8)) & 255));

/** Each step changes the work tree; what it leaves is one commit. */
const steps = {
  'Line ends of Windows': (at) => writeFileSync(at('crlf.txt'), 'one\r\ntwo\r\nthree'),
  'Mixed line ends and a form feed': (at) => writeFileSync(at('crlf.txt'), 'one\r\ntwo\n\fthree\rfour\r\n'),
  'Attributes that would convert': (at) => {
    writeFileSync(at('.gitattributes'), '*.txt text eol=crlf\n*.bin -diff\n* ident\n');
    writeFileSync(at('id.txt'), '$Id$\n');
  },
  'Text below the attributes': (at) => writeFileSync(at('crlf.txt'), 'one\ntwo\r\n$Id: not ours $\n'),
  'Bytes of every value': (at) => writeFileSync(at('every.bin'), every),
  'A small change in the middle of bytes': (at) =>
    writeFileSync(at('every.bin'), bytes(every.subarray(0, 2000), 'inserted', every.subarray(2000))),
  'No newline at the end': (at) => writeFileSync(at('README.md'), 'The end'),
  'Only a newline at the end': (at) => writeFileSync(at('README.md'), 'The end\n'),
  'An empty file': (at) => writeFileSync(at('empty'), ''),
  'Made executable': (at) => chmodSync(at('empty'), 0o755),
  'Executable no more, and filled': (at) => {
    chmodSync(at('empty'), 0o644);
    writeFileSync(at('empty'), 'x');
  },
  'Names with spaces, quotes and letters of the world': (at) => {
    mkdirSync(at('a b'));
    for (const name of ['a b/c d.txt', "it's", 'süß.txt', '日本語.md', '$HOME', '#hash', 'per%cent', 'x&y;z'])
      writeFileSync(at(name), name);
  },
  'A name that is no UTF-8': (at) => writeFileSync(bytes(at(''), 'caf', [0xe9], '.txt'), 'latin'),
  'A link inside': (at) => symlinkSync('../README.md', at('a b/link')),
  'The link points elsewhere': (at) => {
    rmSync(at('a b/link'));
    symlinkSync('c d.txt', at('a b/link'));
  },
  'A file takes the place of the link': (at) => {
    rmSync(at('a b/link'));
    writeFileSync(at('a b/link'), 'a file now\n');
  },
  'A folder takes the place of a file': (at) => {
    rmSync(at('empty'));
    mkdirSync(at('empty/deep/er'), { recursive: true });
    writeFileSync(at('empty/deep/er/file'), 'deep\n');
  },
  'A file takes the place of a folder': (at) => {
    rmSync(at('empty'), { recursive: true });
    writeFileSync(at('empty'), 'flat again\n');
  },
  'A link takes the place of a folder': (at) => {
    mkdirSync(at('folder'));
    writeFileSync(at('folder/x'), 'x');
    symlinkSync('folder', at('to-folder'));
  },
  'A rename with a change of case': (at) => renameSync(at('README.md'), at('Readme.md')),
  'A long line and many lines': (at) => {
    writeFileSync(at('long.txt'), `${'x'.repeat(400_000)}\n`);
    writeFileSync(at('many.txt'), Array.from({ length: 20_000 }, (_, i) => `line ${i}`).join('\n'));
  },
  'Many files at once': (at) => {
    mkdirSync(at('many'));
    for (let i = 0; i < 300; i++) writeFileSync(at(`many/${i}.txt`), `${i}\n`);
  },
  'Half of them gone': (at) => {
    for (let i = 0; i < 300; i += 2) rmSync(at(`many/${i}.txt`));
  },
  'Rules of ignoring, and a tracked file below them': (at) => {
    writeFileSync(at('.gitignore'), '*.tmp\nbuild/\n');
    mkdirSync(at('build'));
    writeFileSync(at('build/kept.txt'), 'tracked and ignored\n');
  },
  'The tracked and ignored file changes': (at) => writeFileSync(at('build/kept.txt'), 'changed\n'),
  'Lines that look like a patch': (at) =>
    writeFileSync(
      at('fake.patch'),
      'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39.5\n\nFrom 0000 Mon\n',
    ),
  'A log at the root, which is never promoted': (at) => writeFileSync(at('debug.log'), 'noise\n'),
  'A database, which is never promoted': (at) => writeFileSync(at('store.db'), every),
  'Everything gone but one': (at) => {
    for (const name of ['many', 'build', 'a b', 'folder', 'long.txt', 'many.txt', 'every.bin'])
      rmSync(at(name), { recursive: true });
  },
};

/** Makes an empty repository in a folder that does not exist yet; whatever is written there, `commit` takes as it is. */
export const beginHistory = (folder) => {
  mkdirSync(folder, { recursive: true });
  // The same dates every time, so that a fault names the same commit when it is repeated.
  const date = '2020-01-01T00:00:00Z';
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const git = (...args) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=Soak', '-c', 'user.email=soak@localhost', ...args], {
      env: { ...env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
    });
  git('init', '-q', '-b', 'main');
  git('config', 'core.autocrlf', 'false');
  // Attributes must not convert what goes in either: the history holds the very bytes.
  mkdirSync(join(folder, '.git', 'info'), { recursive: true });
  writeFileSync(
    join(folder, '.git', 'info', 'attributes'),
    '* -text -ident -filter -working-tree-encoding\n',
  );
  const commit = (message) => {
    git('add', '-A', '-f');
    git('commit', '-q', '-m', message);
  };
  return { git, commit, at: (name) => join(folder, '/') + name };
};

/** Makes the repository in a folder that does not exist yet; answers its path. */
export const makeOddHistory = (folder) => {
  const { commit, at } = beginHistory(folder);
  writeFileSync(at('README.md'), 'Odd things.\n');
  commit('Begin');
  for (const [message, make] of Object.entries(steps)) {
    make(at);
    commit(message);
  }
  return folder;
};
