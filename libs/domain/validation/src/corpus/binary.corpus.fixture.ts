import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { blobId, zeros, type Attack } from './attack.fixture.js';
import { baseFiles, file, noise, type Corpus } from './corpus.fixture.js';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';

/** Bytes as git's base-85, 52 to a line. */
const base85 = (data: Buffer): string => {
  let text = '';
  for (let from = 0; from < data.length; from += 52) {
    const line = data.subarray(from, from + 52);
    text += String.fromCharCode(line.length <= 26 ? 64 + line.length : 96 + line.length - 26);
    for (let i = 0; i < line.length; i += 4) {
      let word = 0;
      for (let j = 0; j < 4; j += 1) word = word * 256 + (line[i + j] ?? 0);
      let group = '';
      for (let j = 0; j < 5; j += 1, word = Math.floor(word / 85)) group = digits[word % 85] + group;
      text += group;
    }
    text += '\n';
  }
  return text;
};

const old = baseFiles['bin']![1] as Buffer;
const fresh = noise(7, 200);
const half = (method: string, size: number, deflated: Buffer): string =>
  `${method} ${size}\n${base85(deflated)}\n`;
const literal = (content: Buffer, size = content.length): string =>
  half('literal', size, deflateSync(content));
const back = literal(old);
const patchOf = (halves: string, to = blobId(fresh.toString('latin1'))): string =>
  `diff --git a/bin b/bin\nindex ${blobId(old.toString('latin1'))}..${to} 100644\nGIT binary patch\n${halves}`;

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) | (rest >= 128 ? 128 : 0));
    if (rest < 128) return bytes;
  }
};
const delta = (source: number, target: number, ...commands: number[]): Buffer =>
  Buffer.from([...varint(source), ...varint(target), ...commands]);
const deltaPatch = (made: Buffer, size = made.length): string =>
  patchOf(half('delta', size, deflateSync(made)) + back);
/** Copies the whole source again and again; deflated, some 245 bytes. */
const bomb = (target: number): Buffer => {
  const copy = [0xb0, old.length & 255, old.length >> 8];
  return delta(
    old.length,
    target,
    ...Array.from({ length: Math.floor(target / old.length / 16) }, () => copy)
      .flat()
      .slice(0, 60_000),
  );
};
const grown = Buffer.concat([old, noise(9, 50)]);
const honest = (corpus: Corpus): Buffer => corpus.diff(corpus.base, corpus.changed({ bin: file(grown) }));
const text = baseFiles['README.md']![1] as string;

/** `GIT binary patch`. */
export const binaryAttacks: readonly Attack[] = [
  { name: 'an honest literal', patch: () => patchOf(literal(fresh) + back), ends: 'tree' },
  { name: 'honest deltas of git', patch: honest, ends: 'tree' },
  {
    name: 'a text file changed as a binary one',
    patch: () =>
      `diff --git a/README.md b/README.md\nindex ${blobId(text)}..${blobId('new\n')} 100644\nGIT binary patch\n${literal(Buffer.from('new\n'))}${literal(Buffer.from(text))}`,
    ends: 'tree',
  },
  {
    name: 'a reverse half that is not the old content',
    patch: () => patchOf(literal(fresh) + literal(Buffer.from('no'))),
    ends: 'tree',
  },
  { name: 'no reverse half', patch: () => patchOf(literal(fresh)), ends: 'patch.truncated' },
  { name: 'a third half', patch: () => patchOf(literal(fresh) + back + back), ends: 'patch.trailing' },
  {
    name: 'content left out',
    patch: () => patchOf('').replace('GIT binary patch\n', 'Binary files a/bin and b/bin differ\n'),
    ends: 'patch.binary_omitted',
  },
  {
    name: 'text hunks in a binary patch',
    patch: () => patchOf('@@ -1 +1 @@\n-a\n+b\n'),
    ends: 'patch.binary',
  },
  {
    name: 'a literal larger than it says',
    patch: () => patchOf(literal(fresh, 10) + back),
    ends: 'patch.size_lie',
  },
  {
    name: 'a literal smaller than it says',
    patch: () => patchOf(literal(fresh, 1000) + back),
    ends: 'patch.size_lie',
  },
  {
    name: 'ten bytes that are 64 MiB',
    patch: () => patchOf(literal(Buffer.alloc(64 << 20), 10) + back),
    ends: 'patch.size_lie',
  },
  {
    name: 'a literal that declares 512 MiB',
    patch: () => patchOf(literal(fresh, 512 << 20) + back),
    ends: ['patch.too_large', 'size.blob_bytes'],
  },
  {
    name: 'a literal that declares 10^12',
    patch: () => patchOf(literal(fresh, 999_999_999_999) + back),
    ends: ['size.blob_bytes', 'patch.too_large'],
  },
  {
    name: 'a size beyond all numbers',
    patch: () =>
      patchOf(
        half('literal', 1, deflateSync(fresh)).replace('literal 1', `literal ${'9'.repeat(40)}`) + back,
      ),
    ends: 'patch.binary',
  },
  {
    name: 'a size with a leading zero',
    patch: () => patchOf(literal(fresh).replace('literal ', 'literal 0') + back),
    ends: 'patch.binary',
  },
  {
    name: 'a delta that makes 512 MiB',
    patch: () => deltaPatch(bomb(512 << 20)),
    ends: ['patch.size_lie', 'patch.too_large', 'size.blob_bytes'],
  },
  {
    name: 'a delta that says less than it makes',
    patch: () => deltaPatch(delta(old.length, 10, 0xb0, 44, 1)),
    ends: 'patch.size_lie',
  },
  {
    name: 'a delta that says more than it makes',
    patch: () => deltaPatch(delta(old.length, 600, 0xb0, 44, 1)),
    ends: 'patch.size_lie',
  },
  {
    name: 'a delta of a source of another size',
    patch: () => deltaPatch(delta(5, 5, 0x90, 5)),
    ends: 'patch.does_not_apply',
  },
  {
    name: 'a delta that copies from behind the source',
    patch: () => deltaPatch(delta(old.length, 300, 0xb3, 200, 0, 44, 1)),
    ends: 'patch.does_not_apply',
  },
  {
    name: 'a delta with a reserved instruction',
    patch: () => deltaPatch(delta(old.length, 300, 0)),
    ends: 'patch.binary',
  },
  {
    name: 'a delta that is cut',
    patch: () => deltaPatch(delta(old.length, 300, 0x7f, 1, 2)),
    ends: 'patch.size_lie',
  },
  { name: 'a delta of no bytes', patch: () => deltaPatch(Buffer.alloc(0)), ends: 'patch.binary' },
  {
    name: 'a delta whose sizes never end',
    patch: () => deltaPatch(Buffer.alloc(400, 0xff)),
    ends: 'patch.binary',
  },
  {
    name: 'bytes behind the compressed data',
    patch: () =>
      patchOf(half('literal', fresh.length, Buffer.concat([deflateSync(fresh), Buffer.from('more')])) + back),
    ends: 'patch.size_lie',
  },
  {
    name: 'two compressed streams',
    patch: () =>
      patchOf(half('literal', fresh.length, Buffer.concat([deflateSync(fresh), deflateSync(fresh)])) + back),
    ends: 'patch.size_lie',
  },
  {
    name: 'compressed data cut off',
    patch: () => patchOf(half('literal', fresh.length, deflateSync(fresh).subarray(0, 100)) + back),
    ends: 'patch.binary',
  },
  {
    name: 'a wrong checksum',
    patch: () =>
      patchOf(
        half('literal', fresh.length, Buffer.concat([deflateSync(fresh).subarray(0, -4), Buffer.alloc(4)])) +
          back,
      ),
    ends: 'patch.binary',
  },
  {
    name: 'gzip',
    patch: () => patchOf(half('literal', fresh.length, gzipSync(fresh)) + back),
    ends: 'patch.binary',
  },
  {
    name: 'raw deflate',
    patch: () => patchOf(half('literal', fresh.length, deflateRawSync(fresh)) + back),
    ends: 'patch.binary',
  },
  {
    name: 'a letter that base-85 does not have',
    patch: () => patchOf(literal(fresh).replace(/^(z.{10})./m, '$1"') + back),
    ends: 'patch.binary',
  },
  {
    name: 'a word above 2^32',
    patch: () => patchOf(literal(fresh).replace(/^(z).{5}/m, '$1~~~~~') + back),
    ends: 'patch.binary',
  },
  {
    name: 'a line shorter than it says',
    patch: () => patchOf(literal(fresh).replace(/^(z.{60}).{5}/m, '$1') + back),
    ends: 'patch.binary',
  },
  {
    name: 'no blank line at the end',
    patch: () => patchOf(literal(fresh).replace(/\n\n$/, '\n')),
    ends: ['patch.truncated', 'patch.binary'],
  },
  {
    name: 'a binary file with another new id',
    patch: () => patchOf(literal(fresh) + back, blobId('else')),
    ends: ['patch.does_not_apply', 'patch.blob_mismatch'],
  },
  {
    name: 'a binary file with another old id',
    patch: () => patchOf(literal(fresh) + back).replace(/index \w+/, `index ${blobId('else')}`),
    ends: 'patch.blob_mismatch',
  },
  {
    name: 'a new binary file that exists',
    patch: () =>
      patchOf(literal(fresh) + literal(Buffer.alloc(0))).replace(
        /index \w+(\.\.\w+) 100644/,
        `new file mode 100644\nindex ${zeros}$1`,
      ),
    ends: 'patch.does_not_apply',
  },
  {
    name: 'a small bomb under the usual policy',
    patch: () => patchOf(literal(Buffer.alloc(9 << 20)) + back),
    ends: 'size.blob_bytes',
    rules: {},
  },
];
