// Row 12: the scan for secrets over a mebibyte of this repository's own sources, beside one RegExp for each rule, and
// over lines that are made to hold it up. Time of the processor, since others may be at work; one thread in both.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clone } from '../step.mjs';
import { atLeast, atMost, judge } from './figures.mjs';

const room = join(clone, 'libs', 'domain', 'validation', 'dist', 'secrets');
const MiB = 1 << 20;
const repeats = 4;

const sources = () => {
  const names = execFileSync('git', ['ls-files', '-z', '*.ts'], { cwd: clone }).toString().split('\0');
  const all = Buffer.concat(names.filter(Boolean).map((name) => readFileSync(join(clone, name))));
  if (all.length < MiB) throw new Error(`The sources are ${all.length} bytes, less than a mebibyte.`);
  return all.subarray(0, MiB);
};

/** A line of nothing but beginnings of what is looked for. */
const hostile = {
  'a keyword after the other': 'AKIA',
  'tokens cut short': `ghp_${'a1'.repeat(15)}- `,
  'names of secrets': 'token=',
  'strings in pieces': 'a"+"',
  escapes: '%41',
  addresses: '://a:b',
  'web tokens': `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.`,
  base64: 'QUtJQTEy',
  'heads of keys': '-----BEGIN ',
};

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** As one would write it without an index of keywords. */
const patternsOf = (rules) => [
  ...rules.map(
    ({ keywords, run, confirm, also = '' }) =>
      new RegExp(
        confirm.pattern ??
          `(?<![A-Za-z0-9])(?:${keywords.map(escaped).join('|')})[A-Za-z0-9_${escaped(also)}-]{${run},400}`,
        'g',
      ),
  ),
  /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/g,
  /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\]{40,10000}/g,
  /[a-z]+:\/\/[^\s:/@"'<>]{0,100}:[^\s/@"'<>]{3,200}@[A-Za-z0-9._-]{1,253}/gi,
  /(?:secret|token|passw(?:or)?d|passphrase|api[-_]?key|access[-_]?key|auth[-_]?key|credential|private[-_]?key)[\w-]{0,24}["']?\]?\s{0,8}[:=>]{1,3}\s{0,8}["'`]?[A-Za-z0-9+/.~_-]{20,200}/gi,
];

const spent = async (work) => {
  const before = process.cpuUsage();
  for (let i = 0; i < repeats; i += 1) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / repeats;
};

export const measure = async ({ rounds, say }) => {
  const { scanBlob } = await import(join(room, 'secret.scan.js'));
  const { searchTokens } = await import(join(room, 'token.search.js'));
  const { viewsOf } = await import(join(room, 'secret.writings.js'));
  const { tokenRules } = await import(join(room, 'token.rules.js'));
  const { reversed, rot13 } = await import(join(room, 'byte.text.js'));
  const normal = sources();
  const patterns = patternsOf(tokenRules);
  const search = (text) => {
    let found = 0;
    for (const pattern of patterns) for (const match of text.matchAll(pattern)) found += match.length;
    return found;
  };
  const plain = () => Promise.resolve(search(normal.toString('latin1')));
  const everything = () => {
    const text = normal.toString('latin1');
    const texts = [
      text,
      reversed(text),
      rot13(text),
      ...viewsOf(normal).map((view) => view.bytes.toString('latin1')),
    ];
    return Promise.resolve(texts.reduce((sum, one) => sum + search(one), 0));
  };
  const lines = Object.entries(hostile).map(([name, unit]) => [
    name,
    Buffer.from(unit.repeat(Math.ceil(MiB / unit.length))).subarray(0, MiB),
  ]);
  const hits = (await scanBlob(normal)).length;
  for (const work of [() => scanBlob(normal), plain, everything]) await spent(work);
  const seen = { ours: [], once: [], all: [], plain: [], lines: lines.map(() => []) };
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    seen.all.push(await spent(everything));
    seen.ours.push(await spent(() => scanBlob(normal)));
    seen.plain.push(await spent(plain));
    seen.once.push(await spent(() => searchTokens(normal, true)));
    for (const [i, [, line]] of lines.entries()) seen.lines[i].push(await spent(() => scanBlob(line)));
  }
  const speed = (times) => times.map((time) => 1000 / time);
  const sum = (times) => times.reduce((all, time) => all + time, 0);
  const slowest = seen.lines.reduce((a, b) => (sum(b) > sum(a) ? b : a));
  return {
    counters: [
      { path: 'secrets scan', name: 'rules', ours: patterns.length, floor: patterns.length },
      { path: 'secrets scan', name: 'hits in our sources', ours: hits },
    ],
    paths: [
      judge({
        path: 'a MiB of sources as it stands',
        unit: 'MiB/s',
        ours: speed(seen.once),
        floor: speed(seen.plain),
        floorName: 'by a RegExp for each rule',
        target: atLeast(5),
      }),
      judge({
        path: 'a MiB of sources, every writing',
        unit: 'MiB/s',
        ours: speed(seen.ours),
        floor: speed(seen.all),
        floorName: 'by a RegExp for each rule and writing',
        target: atLeast(5),
      }),
      judge({
        path: 'every writing, the floor as it stands only',
        unit: 'MiB/s',
        ours: speed(seen.ours),
        floor: speed(seen.plain),
        floorName: 'by a RegExp for each rule',
      }),
      ...lines.map(([name], i) =>
        judge({
          path: `a line of 1 MiB: ${name}`,
          unit: 'ms',
          ours: seen.lines[i],
          floor: seen.ours,
          floorName: 'ms for a MiB of sources',
          ...(seen.lines[i] === slowest && { target: atMost(3) }),
        }),
      ),
    ],
  };
};
