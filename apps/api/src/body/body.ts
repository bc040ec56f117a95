import { GatehouseError } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { parseStrictJson } from './strict.json.js';
import { parseStrictYaml } from './strict.yaml.js';

/** Bytes of a document. */
export const maxDocumentBytes = 1024 * 1024;
/** Read past the end of what is allowed, so that the sender gets to hear why instead of a reset. */
const maxDrainBytes = 64 * 1024 * 1024;

const yamlTypes = new Set(['application/yaml', 'text/yaml', 'application/x-yaml', 'text/x-yaml']);
const sameType = (type: string): string => (yamlTypes.has(type) ? 'application/yaml' : type);

/** Media type and charset, both in lower case. */
export const mediaTypeOf = (header: string | undefined): { type: string; charset: string } => {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const charset = parameters
    .map((parameter) => /^charset\s*=\s*"?([^"]*)"?$/i.exec(parameter)?.[1])
    .find((found) => found !== undefined);
  return { type: sameType(type.toLowerCase()), charset: (charset ?? 'utf-8').trim().toLowerCase() };
};

const unsupported = (message: string): GatehouseError =>
  new GatehouseError('request.unsupported_media', message);

const refuseEncoding = (request: FastifyRequest): void => {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity')
    throw unsupported('Send the body without content-encoding.');
};

const isEmpty = (request: FastifyRequest): boolean =>
  request.headers['transfer-encoding'] === undefined && (request.headers['content-length'] ?? '0') === '0';

/** All bytes; what is too large is read to its end and thrown away first. */
const readAll = async (source: Readable, maxBytes: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of source as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= maxBytes) parts.push(part);
    else if (size > maxDrainBytes) break;
  }
  if (size > maxBytes)
    throw new GatehouseError('request.too_large', `A document has at most ${maxBytes} bytes.`);
  return Buffer.concat(parts);
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

const decode = (bytes: Buffer): string => {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new GatehouseError('request.malformed', 'The body is not valid UTF-8.', { cause });
  }
};

const rawOf = (request: FastifyRequest): Readable => (request.body as Readable | undefined) ?? request.raw;

/** A document as the value it stands for; undefined where there is no body at all. */
export const readDocument = async (request: FastifyRequest, accepts: readonly string[]): Promise<unknown> => {
  if (isEmpty(request)) return undefined;
  const { type, charset } = mediaTypeOf(request.headers['content-type']);
  if (!accepts.includes(type)) throw unsupported(`Send the body as ${accepts.join(' or ')}.`);
  if (!['utf-8', 'utf8', 'us-ascii'].includes(charset)) throw unsupported('Send the body in UTF-8.');
  refuseEncoding(request);
  const text = decode(await readAll(rawOf(request), maxDocumentBytes));
  if (text.trim() === '') return undefined;
  return type === 'application/yaml' ? parseStrictYaml(text) : parseStrictJson(text);
};

/** The raw bytes as they come in; the handler reads them. */
export const rawBody = (request: FastifyRequest, accepts: readonly string[]): Readable => {
  const { type } = mediaTypeOf(request.headers['content-type']);
  if (!accepts.includes(type)) throw unsupported(`Send the bytes as ${accepts.join(' or ')}.`);
  refuseEncoding(request);
  return rawOf(request);
};

/**
 * The chunks of an upload for whoever stores them. A store that stops half-way must not tear down the connection, or
 * the sender would never see the answer: the rest is read and dropped.
 */
export async function* chunksOf(source: Readable): AsyncGenerator<Buffer> {
  let whole = false;
  try {
    for await (const part of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) yield part;
    whole = true;
  } catch (cause) {
    throw new GatehouseError('request.malformed', 'The upload broke off. Send it again.', { cause });
  } finally {
    if (!whole && !source.destroyed) drain(source);
  }
}

const drain = (source: Readable): void => {
  let left = maxDrainBytes;
  source.on('error', () => undefined);
  source.on('data', (part: Buffer) => {
    left -= part.length;
    if (left < 0) source.destroy();
  });
};

/** A short raw body at once. Throws `request.too_large`. */
export const readBytes = (source: Readable, maxBytes: number): Promise<Buffer> => readAll(source, maxBytes);
