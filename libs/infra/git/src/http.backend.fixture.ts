import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a host that serves git asks of who comes, and what it does besides. */
export interface BackendRules {
  /** `user:password` pairs that may read; undefined: everybody. */
  readonly readers?: readonly string[];
  /** Pairs that may write. */
  readonly writers?: readonly string[];
  /** Answered instead of serving, where it returns true. */
  answer?(request: IncomingMessage, response: ServerResponse): boolean;
}

/** A real `git http-backend` behind node:http with Basic authentication; notes every Authorization it is shown. */
export class GitHttpServer {
  readonly shown: (string | undefined)[] = [];
  rules: BackendRules = {};
  readonly #server: Server;

  constructor(private readonly root: string) {
    this.#server = createServer((request, response) => this.#take(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const { authorization } = request.headers;
    this.shown.push(authorization);
    const who = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString('utf8');
    if (this.rules.answer?.(request, response) === true) return;
    const { readers, writers = [] } = this.rules;
    const isWrite = /receive-pack/.test(request.url ?? '');
    const known = [...(readers ?? []), ...writers].includes(who);
    if ((readers !== undefined || isWrite) && !known) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('no');
      return;
    }
    if (isWrite && !writers.includes(who)) {
      response.writeHead(403).end('no');
      return;
    }
    this.#serve(request, response);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://x');
    const { headers } = request;
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_PROJECT_ROOT: this.root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: headers['content-type'] ?? '',
        CONTENT_LENGTH: headers['content-length'] ?? '',
        HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
        REMOTE_USER: 'somebody',
        REMOTE_ADDR: '127.0.0.1',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    backend.stdin.on('error', () => undefined);
    request.pipe(backend.stdin);
    let head: Buffer | undefined = Buffer.alloc(0);
    backend.stdout.on('data', (chunk: Buffer) => {
      if (head === undefined) return void response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      for (const line of head.subarray(0, end).toString('latin1').split('\r\n')) {
        const [name = '', value = ''] = line.split(/: (.*)/s, 2);
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.write(head.subarray(end + 4));
      head = undefined;
    });
    backend.stdout.on('end', () => response.end());
  }
}
