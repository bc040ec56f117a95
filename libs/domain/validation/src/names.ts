import { foldPath, textOfPath, type RawPath } from '@gatehouse/policy';

/**
 * Names of one path segment that mean something else to git or to another file system. All take the bytes of a
 * segment as latin1. The look-alikes follow git's own is_ntfs_dotgit and is_hfs_dotgit.
 */

/** What Windows leaves off a name: a stream behind a colon, a backslash and the rest, then dots and spaces. */
const asNtfs = (segment: string): string =>
  segment
    .replace(/[:\\][^]*$/, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();

/** The segment as any of these file systems may take it. */
const taken = (segment: string): string => asNtfs(foldPath(segment));

/** The path as a file system may take it that folds case, Unicode forms, streams, and dots and spaces at the end. */
export const takenPath = (path: RawPath): RawPath => {
  if (/^[a-z0-9_./-]*$/.test(path) && !path.includes('./') && !path.endsWith('.')) return path;
  return path.split('/').map(taken).join('/') as RawPath;
};

/** An 8.3 name such as `NPMRC~1`, by which Windows opens a file of the same folder that has a longer name. */
export const isShortName = (segment: string): boolean => /^[^.~]{1,6}~[1-9](?:\.[^.~]{0,3})?$/.test(segment);

/** Every spelling of `.git` that git, HFS+ or NTFS would take for it. */
export const looksLikeDotGit = (segment: string): boolean => ['.git', 'git~1'].includes(taken(segment));

const gitFiles = ['.gitmodules', '.gitattributes', '.gitignore', '.mailmap'];
/** NTFS short names of the four, as git knows them. */
const shortNames = /^(?:gitmod|gitatt|gitign|mailma|gi7eba|gi7d29|gi250a|maba30)~[0-9]$/;

/** A second spelling of a file that steers git, such as `.GITMODULES` or `gitmod~1`; not the file itself. */
export const looksLikeGitFile = (segment: string): boolean => {
  const name = taken(segment);
  return !gitFiles.includes(segment) && (gitFiles.includes(name) || shortNames.test(name));
};

/** Devices of Windows, with or without an extension: `aux.c` cannot be checked out there. */
const devices =
  /^(?:con|prn|aux|nul|com[0-9\xb9\xb2\xb3]|lpt[0-9\xb9\xb2\xb3]|conin\$|conout\$) *(?:[.:]|$)/i;

export const isDevice = (segment: string): boolean => {
  const text = textOfPath(segment);
  return devices.test(text ?? segment);
};

/** Control characters, C1 included where the name is UTF-8. */
export const hasControl = (segment: string): boolean => {
  const text = textOfPath(segment);
  // eslint-disable-next-line no-control-regex
  return text === null ? /[\0-\x1f\x7f]/.test(segment) : /[\0-\x1f\x7f-\x9f]/.test(text);
};

/** Characters by which a name is shown in another order than it has. */
export const hasBidi = (segment: string): boolean =>
  /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(textOfPath(segment) ?? '');

/** Bytes that common file systems allow for one name. */
export const maxNameBytes = 255;
/** Bytes that a path may have on Linux, its end counted. */
export const maxPathBytes = 4095;
