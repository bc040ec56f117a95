import { setTimeout as sleep } from 'node:timers/promises';
import { GatehouseError } from '@gatehouse/contracts';
import { findEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from '@gatehouse/database';
import type { Installation } from '../installation.js';
import { identify } from '../process.identity.js';
import { choosePort, readPorts, rememberPorts } from './port.choice.js';
import type { ProcessStatus } from './status.js';

type Say = (msg: string, facts?: Record<string, unknown>) => void;

/** Keeps the embedded Postgres running, on one port for the life of the supervisor. */
export class PostgresKeeper {
  readonly #installation: Installation;
  readonly #say: Say;
  readonly #onChange: () => void;
  #server: EmbeddedPostgres | undefined;
  #state: ProcessStatus['state'] = 'waiting';
  #restarts = 0;
  #stopping = false;
  #watching: Promise<void> = Promise.resolve();

  constructor(installation: Installation, say: Say, onChange: () => void) {
    this.#installation = installation;
    this.#say = say;
    this.#onChange = onChange;
  }

  get status(): ProcessStatus {
    const { pid } = this.#server ?? {};
    return {
      name: 'postgres',
      state: this.#state,
      process: (pid !== undefined && identify(pid)) || null,
      restarts: this.#restarts,
      lastExit: null,
    };
  }

  /** Starts or adopts it; returns its URL. */
  async start(): Promise<{ url: string; adopted: boolean }> {
    this.#set('starting');
    const server = await this.#startOnChosenPort();
    this.#server = server;
    this.#set('ready');
    this.#watching = this.#watch(server);
    return server;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#server?.stop();
    await this.#watching;
    this.#set('stopped');
  }

  #set(state: ProcessStatus['state']): void {
    this.#state = state;
    this.#onChange();
  }

  async #startOnChosenPort(): Promise<EmbeddedPostgres> {
    const { data, settings, given, paths } = this.#installation;
    for (let tries = 1; ; tries += 1) {
      // Where one runs it is adopted, on the port it has.
      const port =
        (await findEmbeddedPostgres(data))?.port ??
        (await choosePort({
          host: '127.0.0.1',
          setting: 'GATEHOUSE_PG_PORT',
          explicit: given['GATEHOUSE_PG_PORT'] !== undefined,
          first: settings.GATEHOUSE_PG_PORT,
          remembered: readPorts(paths.ports).postgres,
          taken: [settings.GATEHOUSE_PORT],
        }));
      try {
        const server = await startEmbeddedPostgres({ dataRoot: data, port, log: this.#say });
        rememberPorts(paths.ports, { postgres: server.port });
        return server;
      } catch (error) {
        const lostRace = error instanceof GatehouseError && error.details?.['reason'] === 'port_taken';
        if (!lostRace || tries >= 3) throw error;
      }
    }
  }

  async #watch(first: EmbeddedPostgres): Promise<void> {
    for (let server = first; ;) {
      await server.exited;
      if (this.#stopping) return;
      this.#say('Postgres is gone; starting it again', { pid: server.pid });
      this.#set('restarting');
      this.#restarts += 1;
      for (let pause = 100; ; pause = Math.min(pause * 2, 5_000)) {
        if (this.#stopping) return;
        try {
          server = await startEmbeddedPostgres({
            dataRoot: this.#installation.data,
            port: first.port,
            log: this.#say,
          });
          break;
        } catch (error) {
          this.#say('Postgres did not start; trying again', { error: String(error), pauseMs: pause });
          if (pause >= 1_600) this.#set('crash_loop');
          await sleep(pause);
        }
      }
      if (this.#stopping) return server.stop();
      this.#server = server;
      this.#set('ready');
    }
  }
}
