import { request } from 'node:http';
import { GatehouseError } from '@gatehouse/contracts';
import type { ForgeRepo, ForgeTokens, ReadToken } from './forge.js';
import { Given, Refused } from './token.protocol.js';

const timeoutMs = 15_000;
const maxBytes = 64 << 10;
/** A token is asked for anew when it has less left than this; the promoter gives none with less than twice it. */
const marginMs = 5 * 60_000;
/** One that does not end by itself may still have been replaced. */
const keepMs = 60_000;

const unreachable = (why: string): GatehouseError =>
  new GatehouseError(
    'forge.unavailable',
    `The promoter, which hands out tokens of the forge, does not answer (${why}). It is started again by itself; see gatehouse doctor if this stays.`,
  );

const post = (socketPath: string, body: object): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath,
        path: '/read-token',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8');
          if (text.length > maxBytes) response.destroy(new Error('too long'));
        });
        response.on('error', () => reject(unreachable('its answer was cut')));
        response.on('end', () => {
          try {
            resolve(JSON.parse(text));
          } catch {
            reject(unreachable('its answer makes no sense'));
          }
        });
      },
    );
    asked.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(error.code ?? error.name)));
    asked.end(JSON.stringify(body));
  });

interface Kept {
  readonly given: Promise<ReadToken>;
  readonly at: number;
}

/** Tokens that read, for engine and api: asked of the promoter, and kept while they last. */
export class TokenClient implements ForgeTokens {
  readonly #kept = new Map<string, Kept>();

  constructor(
    private readonly socketPath: string,
    private readonly now: () => number = Date.now,
  ) {}

  async readToken(repo: ForgeRepo, { fresh = false } = {}): Promise<ReadToken> {
    const key = `${repo.owner}/${repo.name}/${repo.id ?? ''}`.toLowerCase();
    const kept = this.#kept.get(key);
    if (!fresh && kept !== undefined) {
      const { expiresAt } = await kept.given.catch(() => ({ expiresAt: new Date(0) }));
      const endsAt = expiresAt === null ? kept.at + keepMs : expiresAt.getTime() - marginMs;
      if (this.now() < endsAt) return kept.given;
    }
    // Somebody else may have asked while we looked.
    const present = this.#kept.get(key);
    if (!fresh && present !== undefined && present !== kept) return present.given;
    const given = this.#ask(repo, fresh);
    const entry = { given, at: this.now() };
    this.#kept.set(key, entry);
    given.catch(() => {
      if (this.#kept.get(key) === entry) this.#kept.delete(key);
    });
    return given;
  }

  async #ask({ owner, name, id }: ForgeRepo, fresh: boolean): Promise<ReadToken> {
    const answer = await post(this.socketPath, { owner, name, id, fresh });
    const given = Given.safeParse(answer);
    if (given.success) {
      const { token, expiresAt } = given.data;
      return { token, expiresAt: expiresAt === null ? null : new Date(expiresAt) };
    }
    const refused = Refused.safeParse(answer);
    if (!refused.success) throw unreachable('its answer makes no sense');
    const { code, message, retryAfterMs } = refused.data;
    throw new GatehouseError(code, message, retryAfterMs > 0 ? { details: { retryAfterMs } } : {});
  }
}
