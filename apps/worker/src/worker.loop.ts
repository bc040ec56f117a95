import { ApiProblem, type WorkerClient } from '@gatehouse/client/worker';
import type { LeaseGrant, RegisterWorker } from '@gatehouse/contracts';
import type { Logger } from 'pino';
import { clientCalls } from './lease/client.calls.js';
import { startAttempt, type AttemptRun, type AttemptTools } from './run/attempt.run.js';

export interface LoopOptions {
  readonly client: WorkerClient;
  /** Asked at each registration: what works here changes. */
  readonly registration: () => RegisterWorker;
  readonly tools: AttemptTools;
  readonly log: Logger;
  /** Called after each registration that the plane accepted. */
  readonly onRegistered?: () => void;
}

/** Pauses between tries while the plane does not answer, in milliseconds. */
const pause = { first: 250, most: 10_000, refused: 30_000, empty: 1_000 } as const;

const pauseMs = (failures: number): number =>
  Math.min(pause.most, pause.first * 2 ** Math.min(failures - 1, 10)) * (0.5 + Math.random() / 2);

/** Claims attempts one at a time and runs as many at once as there are slots, until it is told to stop. */
export class WorkerLoop {
  private readonly runs = new Set<AttemptRun>();
  private readonly stopping = new AbortController();
  private workerId: string | undefined;
  private slots = 1;
  private pollMs = 0;
  private failures = 0;

  constructor(private readonly options: LoopOptions) {}

  /** Runs until `stop`; resolves when nothing of any attempt is left. */
  async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.turn();
        this.failures = 0;
      } catch (error) {
        if (!this.stopping.signal.aborted) await this.recover(error);
      }
    }
    await Promise.all([...this.runs].map((run) => run.done));
  }

  /** Claims no more, ends what runs and hands it back, so that the plane gives it to another worker at once. */
  stop(message: string): void {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    for (const { keeper } of this.runs) keeper.stopWork(message);
  }

  /** Tells the plane at once what works here now; a claim that waits is not cut off, its answer could be lost. */
  announce(): void {
    if (this.workerId === undefined || this.stopping.signal.aborted) return;
    this.register().catch((error: unknown) => {
      this.options.log.debug({ err: error }, 'the offer could not be announced; the next turn does it');
      this.workerId = undefined;
    });
  }

  /** How many attempts run. */
  get busy(): number {
    return this.runs.size;
  }

  private async turn(): Promise<void> {
    if (this.workerId === undefined) await this.register();
    // A plane that drains us says so on renewals: what runs is finished, and only then do we ask again.
    const draining = [...this.runs].some(({ keeper }) => keeper.draining);
    if (draining || this.runs.size >= this.slots) {
      await Promise.race([...[...this.runs].map((run) => run.done), this.sleep(pause.empty)]);
      return;
    }
    const asked = performance.now();
    const grant = await this.options.client.claim(
      { workerId: this.workerId ?? '', waitMs: this.pollMs },
      { signal: this.stopping.signal },
    );
    if (grant !== undefined) this.take(grant);
    // An answer of "nothing" that did not wait for it must not become a busy loop.
    else if (performance.now() - asked < pause.first)
      await this.sleep(pause.empty * (0.5 + Math.random() / 2));
  }

  private take(grant: LeaseGrant): void {
    const { client, tools } = this.options;
    const run = startAttempt(grant, clientCalls(client, grant), tools);
    this.runs.add(run);
    if (this.stopping.signal.aborted)
      run.keeper.stopWork('The worker was stopping when it got this attempt.');
    void run.done.then(() => this.runs.delete(run));
  }

  private async register(): Promise<void> {
    const { client, registration, log } = this.options;
    const words = registration();
    const { workerId, pollMs } = await client.register(words, { signal: this.stopping.signal });
    this.workerId = workerId;
    this.pollMs = pollMs;
    this.slots = words.slots ?? 1;
    log.info({ workerId, pollMs, sandboxes: words.sandboxes }, 'registered');
    this.options.onRegistered?.();
  }

  private async recover(error: unknown): Promise<void> {
    const { log } = this.options;
    this.failures += 1;
    // After an outage, and after a refusal to know us, we introduce ourselves again; that changes nothing twice.
    this.workerId = undefined;
    const problem = error instanceof ApiProblem ? error : undefined;
    if (problem?.code === 'worker.not_found' && this.failures === 1) return;
    const refused =
      problem !== undefined && problem.status >= 400 && problem.status < 500 && problem.status !== 429;
    const wait = Math.max(
      refused ? pause.refused * (0.5 + Math.random() / 2) : pauseMs(this.failures),
      problem?.retryAfterMs ?? 0,
    );
    const words = { err: error, failures: this.failures, waitMs: Math.round(wait) };
    if (refused) log.error(words, 'the plane refuses this worker; look at its token and settings');
    else if (this.failures === 1)
      log.warn(words, 'the plane does not answer; attempts under way go on until their fence');
    else log.debug(words, 'the plane still does not answer');
    await this.sleep(wait);
  }

  private sleep(ms: number): Promise<void> {
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
    });
  }
}
