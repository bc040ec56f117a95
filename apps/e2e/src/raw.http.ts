import { request as plain, type IncomingHttpHeaders } from 'node:http';
import { request as secure } from 'node:https';
import { connect } from 'node:net';

/** Headers of a JSON body. */
export const json = { 'content-type': 'application/json' };

/** The header that a token goes in. */
export const bearer = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });

export interface Asking {
  readonly method?: string;
  /** As it goes over the line, not made tidy. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array | undefined;
  /** Certificate to trust. */
  readonly ca?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: Record<string, unknown> | undefined;
}

const limitMs = 120_000;

const parsed = (text: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};

/** One request with exactly these bytes in path, headers and body. Fails where no answer comes. */
export const ask = (
  url: string,
  { method = 'GET', path, headers = {}, body, ca }: Asking,
): Promise<Answered> => {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((done, fail) => {
    const request = (protocol === 'https:' ? secure : plain)(
      { host, port, method, path, headers: { ...headers }, agent: false, ...(ca !== undefined && { ca }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', fail);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          done({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
        });
      },
    );
    request.setTimeout(limitMs, () =>
      request.destroy(new Error(`no answer to ${method} ${path.slice(0, 200)}`)),
    );
    request.once('error', fail);
    request.end(body);
  });
};

/** Writes bytes to a fresh connection, and answers all that comes back until it ends. */
export const converse = (url: string, bytes: string | Uint8Array, endsItself = true): Promise<string> => {
  const { hostname, port } = new URL(url);
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port),
      allowHalfOpen: true,
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('error', (error) =>
      chunks.length > 0 ? done(Buffer.concat(chunks).toString()) : fail(error),
    );
    socket.once('close', () => done(Buffer.concat(chunks).toString()));
    socket.once('end', () => socket.end());
    socket.write(bytes, () => (endsItself ? undefined : socket.end()));
  });
};
