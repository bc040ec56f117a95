import { readBlocks, type Block } from './block.reader.js';
import {
  registry,
  sourceOf,
  unreadable,
  type Dependency,
  type ManifestRead,
  type Source,
} from './dependency.js';

/** Name and range of `@scope/name@range`. */
const splitAsk = (ask: string): { name: string; range: string } | null => {
  const at = ask.indexOf('@', 1);
  return at < 0 ? null : { name: ask.slice(0, at), range: ask.slice(at + 1) };
};

const nameOf = (asks: readonly string[]): string | null => splitAsk(asks[0] ?? '')?.name ?? null;

const textIn = (block: Block, key: string): string => block.inner.get(key)?.value ?? '';

/** Package that an alias of the first version stands for. */
const realName = (ask: string): string | null => {
  const found = /@npm:((?:@[^@/]+\/)?[^@/]+)(?:@|$)/.exec(ask.slice(1));
  return found?.[1] ?? null;
};

const lockedOld = (block: Block, asks: readonly string[]): Dependency | null => {
  const name = nameOf(asks);
  if (name === null) return null;
  const resolved = textIn(block, 'resolved');
  const source = resolved === '' ? registry() : sourceOf(resolved);
  const digest = /#([0-9a-f]{40})$/.exec(resolved)?.[1];
  const integrity = textIn(block, 'integrity')
    .split(/\s+/)
    .filter((word) => word !== '');
  const alias = realName(asks[0]!);
  const path = /@(?:file|link):/.test(asks[0]!.slice(1));
  return {
    name,
    version: textIn(block, 'version'),
    line: block.line,
    source: path
      ? { kind: 'path', url: splitAsk(asks[0]!)!.range }
      : source.kind === 'url'
        ? registry(source.url)
        : source,
    integrity:
      digest === undefined || source.kind !== 'url' ? integrity : [...integrity, `sha1hex-${digest}`],
    ...(alias !== null && alias !== name ? { alias } : {}),
  };
};

const newSource = (range: string): Source => {
  if (range.startsWith('npm:')) {
    const archive = /::(?:.*&)?__archiveUrl=([^&]*)/.exec(range)?.[1];
    if (archive === undefined) return registry();
    try {
      return registry(decodeURIComponent(archive));
    } catch {
      return registry(archive);
    }
  }
  // The same package once more, for others that it is used with.
  const real = /^virtual:[^#]*#(.*)$/.exec(range)?.[1];
  if (real !== undefined && !real.startsWith('virtual:')) return newSource(real);
  return sourceOf(range);
};

const lockedNew = (block: Block, asks: readonly string[]): Dependency | null => {
  const name = nameOf(asks);
  const resolution = splitAsk(textIn(block, 'resolution'));
  if (name === null || resolution === null) return null;
  const checksum = textIn(block, 'checksum');
  return {
    name,
    version: textIn(block, 'version'),
    line: block.line,
    source: newSource(resolution.range),
    integrity: checksum === '' ? [] : [`checksum-${checksum}`],
    ...(resolution.name === name ? {} : { alias: resolution.name }),
  };
};

/** `yarn.lock` of the first version and of the later ones, told apart by their first lines. */
export const readYarnLock = (text: string): ManifestRead => {
  const old = /^# yarn lockfile v1/m.test(text.slice(0, 500));
  const read = readBlocks(text, old ? 'space' : 'colon');
  if (!read.ok) return unreadable(read.why, read.line);
  if (!old && !read.blocks.has('__metadata')) return unreadable('it does not begin as yarn writes it');
  const dependencies: Dependency[] = [];
  const answers = new Set<string>();
  for (const [key, block] of read.blocks) {
    if (key === '__metadata') continue;
    const asks = key.split(', ');
    const found = old ? lockedOld(block, asks) : lockedNew(block, asks);
    if (found === null) return unreadable('an entry names no package', block.line);
    dependencies.push(found);
    for (const ask of asks) answers.add(ask.replace(/^(.[^@]*)@npm:(?!.*@)/, '$1@'));
  }
  // Later versions have no digest for what depends on the machine.
  return { ok: true, manifest: { dependencies, overrides: [], registries: [], answers, pinned: old } };
};
