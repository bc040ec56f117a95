import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { dirname } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import type { ForgeTokens } from './forge.js';
import { Wanted, type Refused } from './token.protocol.js';

const maxBytes = 4096;

const read = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > maxBytes) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const refusal = (error: unknown): Refused =>
  error instanceof GatehouseError
    ? {
        code: error.code,
        message: error.message,
        retryAfterMs: Number(error.details?.['retryAfterMs'] ?? 0),
      }
    : { code: 'internal.unexpected', message: 'The promoter could not make a token.', retryAfterMs: 0 };

/**
 * Where the promoter hands out tokens that read: a socket that only the plane's own processes can reach. Whoever
 * reaches it may have one for any repository of the App; none that writes is ever handed out.
 */
export class TokenDoor {
  readonly #server: Server;

  constructor(
    private readonly tokens: ForgeTokens,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#server = createServer({ requestTimeout: 10_000 }, (request, response) => {
      this.#answer(request).then(
        ([status, body]) =>
          response
            .writeHead(status, { 'content-type': 'application/json', connection: 'close' })
            .end(JSON.stringify(body)),
        (error: unknown) => {
          this.onError(error);
          response.destroy();
        },
      );
    });
  }

  /**
   * Serves at `path`. The folder of a plane with users is there already, of its group; the socket is reached by who
   * reaches the folder. A folder that is not there is made for ourselves alone.
   */
  async listen(path: string, { isShared }: { readonly isShared: boolean }): Promise<void> {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Left by a promoter that was killed; the supervisor runs one at a time.
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', this.onError);
    chmodSync(path, isShared ? 0o660 : 0o600);
    this.#server.unref();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<[status: number, body: object]> {
    if (request.method !== 'POST' || request.url !== '/read-token')
      return [
        404,
        { code: 'request.not_found', message: 'There is only POST /read-token.', retryAfterMs: 0 },
      ];
    const wanted = Wanted.safeParse(await read(request));
    if (!wanted.success)
      return [
        422,
        { code: 'request.invalid', message: 'Expected {owner, name, id, fresh}.', retryAfterMs: 0 },
      ];
    const { fresh, id, ...named } = wanted.data;
    try {
      const { token, expiresAt } = await this.tokens.readToken(id === undefined ? named : { ...named, id }, {
        fresh,
      });
      return [200, { token, expiresAt: expiresAt?.toISOString() ?? null }];
    } catch (error) {
      if (!(error instanceof GatehouseError)) this.onError(error);
      return [409, refusal(error)];
    }
  }
}
