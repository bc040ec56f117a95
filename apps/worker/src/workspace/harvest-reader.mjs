// Reads a dead workspace from inside a sandbox that sees nothing else. Plain Node and nothing beside it, because
// the sandbox has nothing beside it. harvest.reader.ts is the other end and trusts none of what is said here:
// the words below are frames of u32 payload length, u8 type, payload; all numbers are big-endian.
//
// in   1 manifest  u32 most entries beyond the base, u32 most depth, then per tracked path: u8 gitlink, u64 size, u32 length, path
//      2 walk      path of a folder, empty for the workspace itself
//      3 read      path of a file or link
// out 10 entry     u8 kind, u8 executable, u64 size, 20 or 0 bytes of object id, u32 length, path
//     11 walked
//     12 content   bytes
//     13 content end
//     14 cannot read, text
//     15 bound passed, text; nothing follows
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';

const MANIFEST = 1;
const WALK = 2;
const READ = 3;
const ENTRY = 10;
const WALKED = 11;
const CONTENT = 12;
const CONTENT_END = 13;
const CANNOT_READ = 14;
const BOUND = 15;

const FILE = 1;
const SYMLINK = 2;
const FOLDER = 3;
const SPECIAL = 4;
const NESTED = 5;
const UNREADABLE = 6;

const slash = Buffer.from('/');
const dotGit = Buffer.from('.git');
const block = Buffer.allocUnsafe(1 << 18);
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = fs.constants;
// A FIFO must not hang us, a link must not lead us out.
const openFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/** Paths are kept as latin1 text: one character per byte, so that no name is changed by reading it. */
/** @type {Map<string, { gitlink: boolean, size: number }>} */
const tracked = new Map();
/** @type {Set<string>} */
const trackedFolders = new Set();
let mostEntries = 0;
let mostDepth = 0;
let entries = 0;

/** @param {Buffer} bytes */
const writeAll = (bytes) => {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += fs.writeSync(1, bytes, at);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') process.exit(1);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
};

/** @type {Buffer[]} */
let held = [];
let heldBytes = 0;
const flush = () => {
  if (heldBytes > 0) writeAll(Buffer.concat(held));
  held = [];
  heldBytes = 0;
};

/** @param {number} type @param {Buffer} [payload] */
const send = (type, payload = Buffer.alloc(0)) => {
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt8(type, 4);
  held.push(head, payload);
  heldBytes += head.length + payload.length;
  if (heldBytes > 1 << 17) flush();
};

/** @param {number} kind @param {boolean} executable @param {number} size @param {Buffer} id @param {Buffer} path */
const sendEntry = (kind, executable, size, id, path) => {
  const head = Buffer.allocUnsafe(11);
  head.writeUInt8(kind, 0);
  head.writeUInt8(executable ? 1 : 0, 1);
  head.writeBigUInt64BE(BigInt(size), 2);
  head.writeUInt8(id.length, 10);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(path.length, 0);
  send(ENTRY, Buffer.concat([head, id, length, path]));
};

/** @param {Buffer} path */
const readManifest = (path) => {
  mostEntries = path.readUInt32BE(0);
  mostDepth = path.readUInt32BE(4);
  for (let at = 8; at < path.length;) {
    const gitlink = path.readUInt8(at) === 1;
    const size = Number(path.readBigUInt64BE(at + 1));
    const length = path.readUInt32BE(at + 9);
    const name = path.toString('latin1', at + 13, at + 13 + length);
    tracked.set(name, { gitlink, size });
    for (let cut = name.lastIndexOf('/'); cut > 0; cut = name.lastIndexOf('/', cut - 1)) {
      const folder = name.slice(0, cut);
      if (trackedFolders.has(folder)) break;
      trackedFolders.add(folder);
    }
    at += 13 + length;
  }
};

/** @param {Buffer} path @param {number} size @param {(chunk: Buffer) => void} take */
const readFile = (path, size, take) => {
  const fd = fs.openSync(path, openFlags);
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile() || stat.size !== size) throw new Error('is not the file it was');
    let read = 0;
    for (;;) {
      const n = fs.readSync(fd, block, 0, block.length, null);
      if (n === 0) break;
      read += n;
      if (read > size) break;
      take(block.subarray(0, n));
    }
    if (read !== size) throw new Error('changed while it was read');
  } finally {
    fs.closeSync(fd);
  }
};

const none = Buffer.alloc(0);

/** @param {Buffer} path @param {number} size @returns {Buffer} */
const fileId = (path, size) => {
  const hash = createHash('sha1').update(`blob ${size}\0`);
  readFile(path, size, (chunk) => hash.update(chunk));
  return hash.digest();
};

/** @param {Buffer} path */
const report = (path, rootDev = 0) => {
  const name = path.toString('latin1');
  const stat = fs.lstatSync(path);
  const known = tracked.get(name);
  if (stat.isFile()) {
    // Another size is another content: only what may be unchanged is read at all.
    const same = known !== undefined && !known.gitlink && known.size === stat.size;
    const executable = (stat.mode & 0o100) !== 0;
    sendEntry(FILE, executable, stat.size, same ? fileId(path, stat.size) : none, path);
    return false;
  }
  if (stat.isSymbolicLink()) {
    const target = fs.readlinkSync(path, { encoding: 'buffer' });
    const id = createHash('sha1').update(`blob ${target.length}\0`).update(target).digest();
    sendEntry(SYMLINK, false, target.length, known === undefined ? none : id, path);
    return false;
  }
  if (!stat.isDirectory() || stat.dev !== rootDev) {
    sendEntry(SPECIAL, false, 0, none, path);
    return false;
  }
  if (trackedFolders.has(name)) return true;
  sendEntry(isRepository(path) ? NESTED : FOLDER, false, 0, none, path);
  return false;
};

/** @param {Buffer} path */
const isRepository = (path) => {
  try {
    fs.lstatSync(Buffer.concat([path, slash, dotGit]));
    return true;
  } catch {
    return false;
  }
};

/** What the base has does not count: its size is known. @param {Buffer} path */
const isTracked = (path) => {
  const name = path.toString('latin1');
  return tracked.has(name) || trackedFolders.has(name);
};

/** @param {Buffer} start @returns {boolean} */
const walk = (start) => {
  const rootDev = fs.lstatSync('.').dev;
  const todo = [start];
  for (let folder = todo.pop(); folder !== undefined; folder = todo.pop()) {
    let depth = 1;
    for (const byte of folder) if (byte === 0x2f) depth += 1;
    let list;
    try {
      if (depth > mostDepth) throw new Error('too deep');
      list = fs.opendirSync(folder.length === 0 ? Buffer.from('.') : folder, {
        encoding: /** @type {BufferEncoding} */ ('buffer'),
        bufferSize: 512,
      });
      for (;;) {
        const entry = list.readSync();
        if (entry === null) break;
        const name = /** @type {Buffer} */ (/** @type {unknown} */ (entry.name));
        if (folder.length === 0 && name.equals(dotGit)) continue;
        const path = folder.length === 0 ? name : Buffer.concat([folder, slash, name]);
        if (!isTracked(path)) entries += 1;
        if (entries > mostEntries) {
          send(BOUND, Buffer.from('entries'));
          return false;
        }
        try {
          if (report(path, rootDev)) todo.push(path);
        } catch {
          sendEntry(UNREADABLE, false, 0, none, path);
        }
      }
    } catch {
      sendEntry(UNREADABLE, false, 0, none, folder);
    } finally {
      list?.closeSync();
    }
  }
  send(WALKED);
  return true;
};

/** @param {Buffer} path */
const read = (path) => {
  try {
    const stat = fs.lstatSync(path);
    if (stat.isSymbolicLink()) send(CONTENT, fs.readlinkSync(path, { encoding: 'buffer' }));
    else readFile(path, stat.size, (chunk) => send(CONTENT, Buffer.from(chunk)));
    send(CONTENT_END);
  } catch (error) {
    send(CANNOT_READ, Buffer.from(error instanceof Error ? error.message : String(error)));
  }
};

/** @type {Buffer[]} */
let chunks = [];
let size = 0;
/** @param {number} bytes */
const take = (bytes) => {
  const all = chunks.length === 1 ? /** @type {Buffer} */ (chunks[0]) : Buffer.concat(chunks);
  chunks = [all.subarray(bytes)];
  size -= bytes;
  return all.subarray(0, bytes);
};
/** @type {{ length: number, type: number } | undefined} */
let head;
for await (const chunk of process.stdin) {
  chunks.push(chunk);
  size += chunk.length;
  for (;;) {
    if (head === undefined) {
      if (size < 5) break;
      const bytes = take(5);
      head = { length: bytes.readUInt32BE(0), type: bytes.readUInt8(4) };
    }
    if (size < head.length) break;
    const payload = take(head.length);
    if (head.type === MANIFEST) readManifest(payload);
    else if (head.type === WALK && !walk(payload)) {
      flush();
      process.exit(0);
    } else if (head.type === READ) read(payload);
    head = undefined;
  }
  flush();
}
