/**
 * Paths are held as latin1 text, one character per byte: no name is changed by holding it, and text can be a key
 * of a Map where a Buffer cannot.
 */
export type PathKey = string;

export const pathKey = (path: Buffer): PathKey => path.toString('latin1');
export const pathBytes = (key: PathKey): Buffer => Buffer.from(key, 'latin1');

/** Code points that HFS+ leaves out when it compares names, as UTF-8 bytes in latin1. */
const hfsIgnored = /\xe2\x80[\x8c-\x8f\xaa-\xae]|\xe2\x81[\xaa-\xaf]|\xef\xbb\xbf/g;

/** Whether some file system takes this name for `.git`: any case, NTFS short names and tails, HFS+ fillers. */
const meansDotGit = (name: string): boolean => {
  const plain = name.replace(hfsIgnored, '').toLowerCase();
  return /^(?:\.git|git~1)[. ]*(?:[:\\].*)?$/.test(plain) || /\\\.git[. ]*(?:[:\\].*)?$/.test(plain);
};

/** Why git would refuse a path, or null. */
export const refusedName = (path: PathKey): string | null => {
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || name === '..') return 'is not a path inside a tree';
    if (meansDotGit(name)) return 'has a part that a file system may take for .git';
    if (name.includes('\0')) return 'has a NUL byte in it';
  }
  return null;
};

/** Every folder above a path, the outermost first. */
export const foldersAbove = (path: PathKey): PathKey[] => {
  const folders: PathKey[] = [];
  for (let cut = path.indexOf('/'); cut >= 0; cut = path.indexOf('/', cut + 1))
    folders.push(path.slice(0, cut));
  return folders;
};

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The path if it is UTF-8, else undefined. */
export const pathUtf8 = (key: PathKey): string | undefined => {
  try {
    return strict.decode(pathBytes(key));
  } catch {
    return undefined;
  }
};

/** A path for people: what is not visible UTF-8 is escaped, and what is very long is cut. */
export const pathText = (key: PathKey): string => {
  const text = pathUtf8(key) ?? key.replace(/[\x80-\xff]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`);
  const shown = text.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  return shown.length <= 1000 ? shown : `${shown.slice(0, 997).replace(/[\ud800-\udbff]$/, '')}…`;
};
