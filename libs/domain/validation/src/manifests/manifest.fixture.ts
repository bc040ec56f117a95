import type { Manifest, ManifestRead } from './dependency.js';

/** What was read; a spec that cannot read it fails. */
export const manifestOf = (read: ManifestRead): Manifest => {
  if (!read.ok) throw new TypeError(`${read.line}: ${read.why}`);
  return read.manifest;
};
/** Every dependency on one line. */
export const inShort = (read: ManifestRead): string[] =>
  manifestOf(read).dependencies.map(
    ({ name, version, line, source, integrity, alias }) =>
      `${line} ${name}@${version} ${source.kind}${source.url === null ? '' : ` ${source.url}`}${integrity.map((one) => ` ${one.slice(0, 12)}`).join('')}${alias === undefined ? '' : ` = ${alias}`}`,
  );
