// What git runs in place of upload-pack or receive-pack where the plane is not root: it asks the broker, which is, to
// run that with the rights of the repository's owner, and passes bytes both ways. Plain JavaScript and no imports but
// Node's own, so that plain node runs it from src and from dist alike.
//
// Frames: u32 payload length, u8 type, u32 zero, payload. broker.frame.ts has the same numbers.
import { connect } from 'node:net';

const REQUEST = 1;
const INPUT = 2;
const INPUT_END = 3;
const STDOUT = 11;
const STDERR = 12;
const EXIT = 13;

const [socketPath = '', service, path] = process.argv.slice(2);
const protocol = process.env['GIT_PROTOCOL'];
const socket = connect(socketPath);
let held = Buffer.alloc(0);
/** @type {number | undefined} */
let code;

/** @param {number} type @param {Buffer} [payload] */
const send = (type, payload = Buffer.alloc(0)) => {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt8(type, 4);
  return socket.write(Buffer.concat([head, payload]));
};

/** @param {number} type @param {Buffer} payload */
const receive = (type, payload) => {
  if (type === EXIT) code = payload.readUInt32BE(0);
  else if (type === STDERR) process.stderr.write(payload);
  else if (type === STDOUT && !process.stdout.write(payload)) {
    socket.pause();
    process.stdout.once('drain', () => socket.resume());
  }
};

socket.on('connect', () => {
  send(REQUEST, Buffer.from(JSON.stringify({ service, path, ...(protocol && { protocol }) })));
  process.stdin.on('data', (/** @type {Buffer} */ chunk) => {
    if (send(INPUT, chunk)) return;
    process.stdin.pause();
    socket.once('drain', () => process.stdin.resume());
  });
  process.stdin.on('end', () => send(INPUT_END));
});
socket.on('data', (/** @type {Buffer} */ chunk) => {
  held = Buffer.concat([held, chunk]);
  while (held.length >= 9 && held.length >= 9 + held.readUInt32BE(0)) {
    const length = held.readUInt32BE(0);
    receive(held.readUInt8(4), held.subarray(9, 9 + length));
    held = held.subarray(9 + length);
  }
});
socket.on('error', (error) => {
  if (code === undefined) process.stderr.write(`gatehouse-broker does not answer: ${error.message}\n`);
});
socket.on('close', () => {
  if (code === undefined) process.stderr.write('gatehouse-broker broke off\n');
  process.exitCode = code ?? 128;
  // Git may have gone without reading what is left for it.
  process.stdin.destroy();
});
for (const stream of [process.stdin, process.stdout, process.stderr])
  stream.on('error', () => socket.destroy());
