// A worker that does not keep the rules: it takes a lease, lets it run out or names another generation, and hands in
// a result all the same. Each such write must be refused and change nothing (I9).
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { marginMs, ttlMs } from './soak.plane.mjs';

const { createWorkerClient } = await import('../libs/client/dist/worker.js');

export class Ghost {
  /** What it tried: `{ what, answer }`, where the answer is a status or `accepted`. */
  tried = [];
  stopped = false;

  constructor({ admin, url, next }) {
    Object.assign(this, { admin, url, next });
  }

  async start() {
    const principal = await this.admin.call('principals.create', {
      body: { name: 'ghost', kind: 'worker', roles: ['worker'] },
      idempotencyKey: randomUUID(),
    });
    const { secret } = await this.admin.call('tokens.create', {
      body: { principalId: principal.id, name: 'ghost', expiresInDays: 1 },
    });
    this.client = createWorkerClient({ baseUrl: this.url, token: secret });
    this.running = this.loop();
  }

  async stop() {
    this.stopped = true;
    await this.running;
  }

  async loop() {
    while (!this.stopped) {
      await sleep(1_500 + this.next() * 3_000);
      try {
        await this.haunt();
      } catch {
        // The plane was down in the middle; the next round finds it again.
        await sleep(500);
      }
    }
  }

  async haunt() {
    const { workerId } = await this.client.register({
      name: 'ghost',
      zone: 'agent',
      sandboxes: [{ kind: 'process_sandbox', mode: 'uid', detail: 'a ghost' }],
      version: '0',
      slots: 1,
    });
    const claimed = Date.now();
    const grant = await this.client.claim({ workerId, waitMs: 2_000 });
    if (grant === undefined) return;
    const lease = this.client.lease(grant.lease);
    await lease.start({ kind: 'process_sandbox', detail: 'a ghost' });
    const other = this.client.lease({ ...grant.lease, generation: grant.lease.generation + 1 });
    await this.attempt('a result of another generation', () => this.noop(other));
    // Between the end of the lease and its sweep, where only the clock of the database says no.
    const asked = Date.now();
    await sleep(Math.max(0, asked - claimed + ttlMs + 150));
    await this.attempt('a result after the lease ran out', () => this.noop(lease));
    await this.attempt('a heartbeat after the lease ran out', () => lease.heartbeat());
    await sleep(2 * marginMs + 1_000);
    await this.attempt('a result after another took over', () => this.noop(lease));
  }

  noop(lease) {
    return lease.complete({ outcome: 'noop', report: null });
  }

  async attempt(what, act) {
    for (let tries = 0; tries < 40; tries++) {
      try {
        await act();
        this.tried.push({ what, answer: 'accepted' });
        return;
      } catch (error) {
        const status = error?.status;
        if (status >= 400 && status < 500 && status !== 429) {
          this.tried.push({ what, answer: status });
          return;
        }
        await sleep(200);
      }
    }
  }
}
