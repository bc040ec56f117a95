import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { GithubClient, type AccessSource } from './github.client.js';
import type { Credentials } from './github.credentials.js';
import { GithubWriter } from './github.writer.js';
import { RateBudget } from './rate.budget.js';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection is cut: before anything is answered, or after half of it. */
  readonly cut?: 'before' | 'half';
}

type Handler = (asked: Asked) => Reply | Promise<Reply>;

/** A host that answers what a spec tells it to, and notes what it was asked. */
export class ScriptedForge {
  readonly asked: Asked[] = [];
  readonly #routes = new Map<string, Handler>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  url = '';

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#take(request).then((reply) => {
        if (reply === undefined) return;
        if (reply.cut === 'before') return request.socket.destroy();
        const text = reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json));
        response.writeHead(reply.status ?? 200, {
          'content-type': 'application/json; charset=utf-8',
          ...reply.headers,
          ...(reply.cut === 'half' && { 'content-length': String(text.length * 2 + 10) }),
        });
        if (reply.cut === 'half') response.write(text, () => request.socket.destroy());
        else response.end(text);
      });
    });
    this.#server.on('connection', (socket) => this.#sockets.add(socket));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this.url;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** `'GET /repos/acme/widgets'` → what is answered; a list is answered one after the other, its last for ever. */
  on(route: string, ...replies: (Reply | Handler)[]): this {
    let at = 0;
    this.#routes.set(route, (asked) => {
      const reply = replies[Math.min(at++, replies.length - 1)] ?? {};
      return typeof reply === 'function' ? reply(asked) : reply;
    });
    return this;
  }

  reset(): void {
    this.#routes.clear();
    this.asked.length = 0;
  }

  /** What was asked of it, shortly. */
  get calls(): string[] {
    return this.asked.map(({ method, path }) => `${method} ${path}`);
  }

  async #take(request: IncomingMessage): Promise<Reply | undefined> {
    const url = new URL(request.url ?? '/', 'http://x');
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const asked: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      authorization: request.headers.authorization,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
    this.asked.push(asked);
    const handler = this.#routes.get(`${asked.method} ${asked.path}`);
    return handler?.(asked) ?? { status: 404, json: { message: 'Not Found' } };
  }
}

export const token = 'ghs_0123456789abcdefSECRET';
export const repo = { owner: 'acme', name: 'widgets' };

export const clientOf = (forge: ScriptedForge, timeoutMs = 10_000): GithubClient =>
  new GithubClient({ apiUrl: forge.url, timeoutMs });

export const accessOf = (budget = new RateBudget(), ...tokens: string[]): AccessSource => {
  const all = tokens.length > 0 ? tokens : [token];
  let at = 0;
  return (fresh) => {
    if (fresh) at = Math.min(at + 1, all.length - 1);
    return Promise.resolve({ token: all[at] ?? token, budget });
  };
};

export const repositoryJson = {
  id: 77,
  name: 'widgets',
  owner: { login: 'acme' },
  default_branch: 'main',
  private: true,
  archived: false,
};

export const userJson = { id: 5, login: 'gatehouse[bot]', type: 'Bot' };

const at = '2026-01-02T03:04:05Z';

export const pullJson = (over: Record<string, unknown> = {}) => ({
  number: 7,
  html_url: 'https://github.com/acme/widgets/pull/7',
  state: 'open',
  draft: true,
  head: { ref: 'gatehouse/x', sha: 'a'.repeat(40), repo: { ...repositoryJson } },
  base: { ref: 'main', sha: 'b'.repeat(40), repo: { ...repositoryJson } },
  title: 'T',
  body: null,
  user: userJson,
  merged_at: null,
  merge_commit_sha: 'c'.repeat(40),
  created_at: at,
  updated_at: at,
  ...over,
});

export const commentJson = (over: Record<string, unknown> = {}) => ({
  id: 9,
  html_url: 'https://github.com/acme/widgets/issues/7#issuecomment-9',
  issue_url: 'https://api.github.com/repos/acme/widgets/issues/7',
  user: userJson,
  body: 'x',
  created_at: at,
  updated_at: at,
  ...over,
});

export const writerOf = (forge: ScriptedForge, over: Partial<Credentials> = {}): GithubWriter => {
  const budget = new RateBudget();
  return new GithubWriter(clientOf(forge), {
    write: () => Promise.resolve({ token, budget }),
    read: () => Promise.resolve({ token: 'r', budget, expiresAt: null }),
    login: () => Promise.resolve('gatehouse[bot]'),
    permissions: () => Promise.resolve(null),
    ...over,
  });
};
