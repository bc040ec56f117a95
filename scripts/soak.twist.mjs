// Odd commits on real files: whatever a repository holds at the moment is twisted in ways that tools trip over.
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, relative } from 'node:path';

const latin = (...parts) => Buffer.from(parts.join(''), 'latin1');

const rewrite = (path, change) => writeFileSync(path, change(readFileSync(path)));

const rewriteText = (path, change) =>
  rewrite(path, (bytes) => Buffer.from(change(bytes.toString('latin1')), 'latin1'));

const flipMode = (path) => chmodSync(path, statSync(path).mode & 0o100 ? 0o644 : 0o755);

const replaceByLink = (path, target) => {
  rmSync(path);
  symlinkSync(target, path);
};

/** Each group is a few commits that build on each other; each step gets the files as they are before the group. */
const groups = [
  {
    'Line ends of Windows in every text': ({ at, texts }) =>
      texts.forEach((name) => rewriteText(at(name), (text) => text.replace(/\r?\n/g, '\r\n'))),
    'Every third line of every second text has its own again': ({ at, texts }) =>
      texts
        .filter((_, i) => i % 2 === 0)
        .forEach((name) => {
          let line = 0;
          rewriteText(at(name), (text) => text.replace(/\r\n/g, (end) => (line++ % 3 === 0 ? '\n' : end)));
        }),
  },
  {
    'Every mode is another': ({ at, files }) => files.forEach((name) => flipMode(at(name))),
    'Half of them change back, with a byte more': ({ at, files }) =>
      files
        .filter((_, i) => i % 2 === 0)
        .forEach((name) => {
          flipMode(at(name));
          appendFileSync(at(name), 'x');
        }),
  },
  {
    'Links take the places of texts': ({ at, texts }) =>
      texts
        .slice(1)
        .forEach((name) => replaceByLink(at(name), relative(dirname(name), texts[0]) || texts[0])),
    'The links point elsewhere': ({ at, texts }) =>
      texts
        .slice(1)
        .forEach((name, i) =>
          replaceByLink(at(name), i % 2 === 0 ? 'not there' : latin('caf', '\xe9', '/./x')),
        ),
    'Files take the places of the links': ({ at, texts }) =>
      texts.slice(1).forEach((name) => {
        rmSync(at(name));
        writeFileSync(at(name), `no link\n${name}`, { mode: 0o755 });
      }),
  },
  {
    'Copies under names that are no UTF-8': ({ at, files }) =>
      files.forEach((name, i) => copyFileSync(at(name), latin(at(''), `k\xf6pie-${i}-\xff\xfe`))),
    'Such names change, and their content too': ({ at, files }) =>
      files.forEach((_, i) => {
        const to = latin(at(''), `\xe9t\xe9 ${i}`);
        renameSync(latin(at(''), `k\xf6pie-${i}-\xff\xfe`), to);
        if (i % 2 === 0) appendFileSync(to, '\xff');
      }),
  },
  {
    'A byte in the middle of every binary is another': ({ at, binaries }) =>
      binaries.forEach((name) =>
        rewrite(at(name), (bytes) => {
          bytes[bytes.length >> 1] ^= 0xff;
          return bytes;
        }),
      ),
    'Binaries are cut, and grow in front': ({ at, binaries }) =>
      binaries.forEach((name, i) =>
        rewrite(at(name), (bytes) =>
          i % 2 === 0 ? bytes.subarray(0, bytes.length / 2) : Buffer.concat([Buffer.from('\0\n'), bytes]),
        ),
      ),
    'Texts become binaries': ({ at, texts }) =>
      texts.forEach((name) => rewrite(at(name), (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'))),
  },
  {
    'Everything moves and changes a little': ({ at, files }) =>
      files.forEach((name) => {
        mkdirSync(dirname(at(`verlegt süß/${name}`)), { recursive: true });
        renameSync(at(name), at(`verlegt süß/${name}`));
        appendFileSync(at(`verlegt süß/${name}`), '\nmoved');
      }),
    'Two files change places': ({ at, files }) => {
      const [one, other] = [files[0], files.at(-1)].map((name) => at(`verlegt süß/${name}`));
      renameSync(one, at('aside'));
      renameSync(other, one);
      renameSync(at('aside'), other);
    },
  },
  {
    'Folders take the places of files': ({ at, files }) =>
      files.forEach((name) => {
        renameSync(at(name), at('aside'));
        mkdirSync(at(name));
        renameSync(at('aside'), at(`${name}/${basename(name)}`));
      }),
    'Files take the places of folders': ({ at, files }) =>
      files
        .filter((_, i) => i % 2 === 0)
        .forEach((name) => {
          rmSync(at(name), { recursive: true });
          writeFileSync(at(name), 'flat again');
        }),
    'Links take the places of folders': ({ at, files }) =>
      files
        .filter((_, i) => i % 2 === 1)
        .forEach((name) => {
          rmSync(at(name), { recursive: true });
          symlinkSync('.', at(name));
        }),
  },
  {
    'A deep path, long names': ({ at, files }) => {
      const deep = Array.from({ length: 40 }, (_, i) => `level ${i}`).join('/');
      mkdirSync(at(deep), { recursive: true });
      copyFileSync(at(files[0]), at(`${deep}/${'n'.repeat(200)}`));
      symlinkSync(`../${basename(dirname(deep))}/x`, at(`${deep}/link`));
    },
    'The deep one changes its kind': ({ at }) => {
      rmSync(at('level 0/level 1/level 2'), { recursive: true });
      symlinkSync('../level 1', at('level 0/level 1/level 2'));
    },
  },
  {
    'Attributes that convert, hide and encode': ({ at }) =>
      writeFileSync(
        at('.gitattributes'),
        '* text=auto eol=crlf ident\n*.js working-tree-encoding=UTF-16LE\n*.exe text\n*.md -diff merge=union\n',
      ),
    'Every text changes below them': ({ at, texts }) =>
      texts.forEach((name) => rewriteText(at(name), (text) => `$Id$\r\n${text}\n$Id: old $`)),
  },
  {
    'A link to another repository': ({ at, git }) => {
      mkdirSync(at('vendor-link'));
      git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},vendor-link`);
    },
    'It moves on': ({ git }) =>
      git('update-index', '--add', '--cacheinfo', `160000,${'2'.repeat(40)},vendor-link`),
    'A file takes its place': ({ at, git }) => {
      git('update-index', '--force-remove', 'vendor-link');
      rmSync(at('vendor-link'), { recursive: true });
      writeFileSync(at('vendor-link'), 'no repository');
    },
  },
  {
    'Everything is empty': ({ at, files }) => files.forEach((name) => writeFileSync(at(name), '')),
    'Everything is gone but one': ({ at, files }) => files.slice(1).forEach((name) => rmSync(at(name))),
    'One newline is all there is': ({ at, files }) => writeFileSync(at(files[0]), '\n'),
  },
];

/** Commits the group that belongs to a number, after every second one. */
export const twistsAfter = (number, { git, commit, at }) => {
  if (number % 2 === 1) return;
  const files = git('ls-files', '-z').toString().split('\0').filter(Boolean);
  const plain = files.filter((name) => lstatSync(at(name)).isFile());
  const isBinary = (name) => readFileSync(at(name)).includes(0);
  const binaries = plain.filter(isBinary);
  const texts = plain.filter((name) => !binaries.includes(name));
  const facts = { git, at, files: plain, binaries, texts };
  for (const [message, twist] of Object.entries(groups[(number / 2) % groups.length])) {
    twist(facts);
    commit(message);
  }
};
