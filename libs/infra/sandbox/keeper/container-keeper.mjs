// The dead-man of a sandbox that is a container: it speaks to the engine's socket itself, since a frozen worker cannot.
import { request } from 'node:http';
import { bootNow, membersOf } from './processes.mjs';
import { TreeWatch } from './tree-watch.mjs';

const tickMs = 100;
const goneWithinMs = 15_000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class ContainerKeeper {
  constructor(order, sayEnd) {
    this.order = order;
    this.sayEnd = sayEnd;
    this.startedAt = bootNow();
    this.deadlineAt = order.deadlineAt ?? null;
    this.ending = null;
    this.tree = order.workspaceLimit ? new TreeWatch(order.workspace, order.workspaceLimit) : null;
  }

  start() {
    this.timer = setInterval(() => {
      const now = bootNow();
      if (this.deadlineAt !== null && now >= this.deadlineAt) void this.end('lease_expired');
      else if (now - this.startedAt >= this.order.wallMs) void this.end('timeout', this.order.graceMs);
      else this.tree?.look((exceeded) => void this.end('workspace_limit', 0, exceeded));
    }, tickMs);
  }

  /** First reason wins. The grace is asked for inside the container, for its first process is not the agent. */
  async end(outcome, graceMs = 0, reason = undefined) {
    if (this.ending) return;
    this.ending = outcome;
    clearInterval(this.timer);
    const killedProcesses = await this.countAgents();
    if (graceMs > 0 && outcome !== 'exited' && killedProcesses > 0) await this.ask(graceMs);
    const verifiedDead = await this.remove();
    this.sayEnd({
      outcome,
      exitCode: null,
      killedProcesses,
      durationMs: bootNow() - this.startedAt,
      verifiedDead,
      diagnostics: this.lastError ?? '',
      reason,
    });
  }

  async ask(graceMs) {
    const created = await this.call('POST', `/exec`, {
      Cmd: ['/bin/sh', '-c', 'kill -TERM -1'],
      User: this.order.container.user,
    });
    const { Id } = JSON.parse(created.body || '{}');
    if (Id) await this.send('POST', `/exec/${Id}/start`, { Detach: true });
    for (
      const until = Math.min(bootNow() + graceMs, this.deadlineAt ?? Infinity);
      bootNow() < until;
      await sleep(50)
    )
      if ((await this.countAgents()) === 0) return;
  }

  /** Processes beside the two that only hold the container open. */
  async countAgents() {
    const { status, body } = await this.call('GET', '/top?ps_args=-eo%20pid,stat');
    if (status !== 200) return 0;
    const { Titles, Processes } = JSON.parse(body);
    const stat = Titles.indexOf('STAT');
    return Math.max(0, (Processes ?? []).filter((row) => !row[stat]?.startsWith('Z')).length - 2);
  }

  async remove() {
    for (const until = bootNow() + goneWithinMs; bootNow() < until; await sleep(100)) {
      await this.call('DELETE', '?force=1&v=1');
      const { status } = await this.call('GET', '/json');
      if (status === 404 && membersOf({ uid: this.order.uid }).length === 0) return true;
    }
    return false;
  }

  call(method, path, body) {
    return this.send(method, `/containers/${this.order.container.id}${path}`, body);
  }

  /** Never rejects: an engine that does not answer is status 0, and the caller asks again. */
  send(method, path, body) {
    return new Promise((resolve) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        host: 'docker',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      };
      const sent = request(
        { socketPath: this.order.container.socketPath, method, path, headers, timeout: 5_000 },
        (response) => {
          let answer = '';
          response.setEncoding('utf8').on('data', (part) => (answer += part));
          response.on('end', () => resolve({ status: response.statusCode, body: answer }));
          response.on('error', () => resolve({ status: 0, body: '' }));
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('the engine does not answer')));
      sent.on('error', (error) => {
        this.lastError = error.message;
        resolve({ status: 0, body: '' });
      });
      sent.end(text);
    });
  }
}
