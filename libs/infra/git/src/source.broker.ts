import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { BrokerCall } from './broker.call.js';
import type { SourcePolicy } from './source.policy.js';
import type { FarService } from './source.transport.js';

/** A process that may ask the broker. */
export interface BrokerClient {
  /** Path of its own socket; the folder is made for it alone. */
  readonly socketPath: string;
  /** The only user beside root who can get at the socket; ours where left out. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly services: readonly FarService[];
}

export interface BrokerOptions {
  /** Local repositories are served below its roots only. */
  readonly policy: SourcePolicy;
  /** Longest life of one git command, in milliseconds; 15 minutes when left out. */
  readonly limitMs?: number;
  /** Commands of one client at once; more wait. 32 when left out. */
  readonly atOnce?: number;
  readonly onError?: (error: unknown) => void;
}

/** Calls of one client that may wait for their turn; more are refused. */
const maxWaiting = 256;

/**
 * Runs git on local repositories with the rights of their owners, for processes that are not root. It is the one
 * piece of the plane that stays root for that, so it does little: every request is one service on one path, and the
 * path is looked at anew each time. A client is known by its socket: nobody else can reach that.
 */
export class SourceBroker {
  readonly #options: BrokerOptions;
  readonly #servers: Server[] = [];
  readonly #calls = new Set<BrokerCall>();

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  /** Opens the socket of one client. */
  async listen(client: BrokerClient): Promise<void> {
    const { socketPath, owner } = client;
    await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
    await rm(socketPath, { force: true });
    const turns: (() => void)[] = [];
    let busy = 0;
    const next = (): void => {
      busy -= 1;
      turns.shift()?.();
    };
    const server = createServer({ allowHalfOpen: false }, (socket) => {
      const begin = (): void => {
        busy += 1;
        this.#serve(client, socket, next);
      };
      if (busy < (this.#options.atOnce ?? 32)) return begin();
      socket.on('error', () => undefined);
      if (turns.length < maxWaiting) turns.push(begin);
      else socket.destroy();
    });
    server.on('error', (error) => this.#options.onError?.(error));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(
          new GatehouseError('git.failed', `The broker cannot listen at ${socketPath}: ${error.message}`),
        ),
      );
      server.listen(socketPath, resolve);
    });
    this.#servers.push(server);
    await chmod(socketPath, 0o600);
    if (owner === undefined) return;
    await chown(socketPath, owner.uid, owner.gid);
    // Through the folder goes its group, and its group is this one user; nobody but us can put another socket there.
    await chown(dirname(socketPath), process.getuid?.() ?? 0, owner.gid);
    await chmod(dirname(socketPath), 0o710);
  }

  /** Ends every command under way and takes no more. */
  async close(): Promise<void> {
    for (const server of this.#servers) server.close();
    await Promise.all([...this.#calls].map((call) => call.end()));
  }

  #serve(client: BrokerClient, socket: Socket, done: () => void): void {
    const { policy, limitMs = 900_000, onError } = this.#options;
    const call = new BrokerCall(socket, { policy, limitMs, services: client.services });
    this.#calls.add(call);
    void call.over
      .catch((error: unknown) => onError?.(error))
      .finally(() => {
        this.#calls.delete(call);
        done();
      });
  }
}
