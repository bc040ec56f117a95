// What the kill loop hands in: jobs of every kind, each with what must come of it, and what a client was promised.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// Mirrors belong to the account of the process that made them.
const identity = ['-c', 'user.name=Soak', '-c', 'user.email=soak@localhost', '-c', 'safe.directory=*'];
export const git = (folder, ...args) =>
  execFileSync('git', ['-C', folder, ...identity, ...args], { encoding: 'utf8' }).trim();

/** A small repository below a folder that the plane may read. */
export const makeTarget = (folder, name) => {
  const target = join(folder, name);
  mkdirSync(target, { recursive: true });
  git(target, 'init', '-q', '-b', 'main');
  writeFileSync(join(target, 'README.md'), `${name}, a target of the soak.\n`);
  git(target, 'add', '-A');
  git(target, 'commit', '-q', '-m', 'Begin');
  return { name, path: target, base: git(target, 'rev-parse', 'main') };
};

/** The patch that adds a file, made with git in a folder of our own. */
const patchOf = (maker, base, file, content) => {
  git(maker, 'reset', '-q', '--hard', base);
  writeFileSync(join(maker, file), content);
  git(maker, 'add', '-A');
  const args = ['diff', '--cached', '--binary', '--full-index', '--no-renames', base];
  return execFileSync('git', ['-C', maker, ...args]);
};

const write = (job, more = '') => ['sh', '-c', `echo ${job.i} > ${job.file}${more}`];
const nap = (job) => `; sleep ${(job.chance * 1.2).toFixed(2)}`;

/**
 * Kind → the job's agent and more of its spec, and the phases in which it may end. `publishes`: it ends in a branch
 * of its own that adds its one file.
 */
const kinds = {
  change: { agent: (job) => write(job, nap(job)), ends: ['promoted'], publishes: true },
  docker: {
    agent: (job) => write(job, nap(job)),
    spec: { requires: { kinds: ['docker_sandbox'] } },
    ends: ['promoted'],
    publishes: true,
  },
  patch: { patch: true, ends: ['promoted'], publishes: true },
  validated: {
    agent: (job) => write(job),
    spec: (job) => ({
      validation: { commands: [{ name: 'look', run: `grep -qx ${job.i} ${job.file}; sleep 0.5` }] },
    }),
    ends: ['promoted'],
    publishes: true,
  },
  docker_validated: {
    agent: (job) => write(job),
    spec: (job) => ({
      requires: { kinds: ['docker_sandbox', 'process_sandbox'] },
      validation: { commands: [{ name: 'look', run: `grep -qx ${job.i} ${job.file}` }] },
    }),
    ends: ['promoted'],
    publishes: true,
  },
  daemon: {
    // The daemon carries the mark by which the checker would find it.
    agent: (job) => write(job, `; setsid sh -c 'sleep 3000; : ${job.mark}' > /dev/null 2>&1 & sleep 0.2`),
    ends: ['promoted'],
    publishes: true,
  },
  asked: { agent: (job) => write(job), target: 'asked', ends: ['promoted'], publishes: true },
  noop: { agent: () => ['true'], ends: ['noop'] },
  unproven: {
    agent: (job) => write(job),
    spec: { validation: { commands: [{ name: 'never', run: 'exit 3' }] } },
    ends: ['refused'],
  },
  refused: {
    agent: (job) => ['sh', '-c', `mkdir -p .github/workflows && echo ${job.i} > .github/workflows/x.yml`],
    ends: ['refused'],
  },
  task: { agent: (job) => write(job), target: null, ends: ['stored'] },
  // A branch of that name is made by somebody else while the agent works: it must stay what it is.
  squatted: { agent: (job) => write(job, '; sleep 2'), ends: ['refused'], squats: true },
  // Ends as cancelled where the cancel was accepted, else as if nobody had asked.
  cancelled: {
    agent: (job) => write(job, `; sleep ${(job.chance * 3).toFixed(2)}`),
    ends: ['promoted'],
    publishes: true,
    cancels: true,
  },
  cancelled_validating: {
    agent: (job) => write(job),
    spec: { validation: { commands: [{ name: 'slow', run: 'sleep 2' }] } },
    ends: ['promoted'],
    publishes: true,
    cancels: true,
  },
};
export const kindsOf = (hasDocker) =>
  Object.keys(kinds).filter((kind) => hasDocker || !kind.startsWith('docker'));

export class Load {
  /** What was answered with 2xx, and what it must come to. */
  jobs = [];
  /** Events that some reader was shown: `stream seq` → hash. */
  seen = new Map();
  stopped = false;
  failure;
  number = 0;

  constructor({ client, approver, admin, targets, folder, next, order, mark }) {
    Object.assign(this, { client, approver, admin, targets, next, order, mark });
    this.maker = join(folder, 'maker');
    const { main } = targets;
    git(folder, 'clone', '-q', main.path, this.maker);
  }

  start() {
    const loops = [this.submitting(), this.approving(), this.witnessing()];
    this.running = Promise.all(loops.map((loop) => loop.catch((error) => (this.failure ??= error))));
  }

  async stop() {
    this.stopped = true;
    await this.running;
    rmSync(this.maker, { recursive: true, force: true });
  }

  /** Asks until it is answered, whatever dies meanwhile; a 4xx is an answer and is thrown. */
  async persist(ask) {
    for (let tries = 0; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (error?.status && error.status < 500 && error.status !== 429) throw error;
        if (tries > 400) throw error;
        await sleep(250);
      }
    }
  }

  /** So many jobs of one kind at once, beside the stream. */
  async burst(kind, count) {
    for (let n = 0; n < count; n++) await this.submit(this.number++, kind);
  }

  async submitting() {
    for (let turn = 0; !this.stopped; turn++) {
      await this.submit(this.number++, this.order[turn % this.order.length]);
      await sleep(100 + this.next() * 300);
      for (let open = await this.open(); open > 14 && !this.stopped; open = await this.open())
        await sleep(400);
    }
  }

  /** Jobs that are not over; asked one by one, oldest first, so that few questions suffice. */
  async open() {
    const waiting = this.jobs.filter(({ over }) => !over);
    for (const job of waiting.slice(0, 6)) {
      const now = await this.look(job);
      job.over = now === undefined || now.endedAt !== null;
    }
    return waiting.filter(({ over }) => !over).length;
  }

  /** The job as it is now; undefined where the plane knows it no more, which the checker finds. */
  async look(job) {
    try {
      return await this.persist(() => this.admin.call('jobs.get', { params: { id: job.id } }));
    } catch (error) {
      if (error?.status === 404) return undefined;
      throw error;
    }
  }

  async submit(i, name) {
    const kind = kinds[name];
    const job = {
      i,
      kind: name,
      file: `file-${i}.txt`,
      content: `${i}\n`,
      chance: this.next(),
      mark: this.mark,
    };
    const target = kind.target === null ? null : this.targets[kind.target ?? 'main'];
    Object.assign(job, { target, ends: kind.ends, publishes: kind.publishes, jobName: `soak-${i % 3}` });
    let agent = { adapter: 'command', command: kind.agent?.(job) };
    if (kind.patch) {
      const body = patchOf(this.maker, target.base, job.file, job.content);
      const artifact = await this.persist(() => this.client.call('artifacts.create', { body }));
      agent = { adapter: 'patch', artifact: artifact.id };
    }
    const more = typeof kind.spec === 'function' ? kind.spec(job) : kind.spec;
    const spec = {
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Job',
      metadata: { name: job.jobName, labels: { kind: name } },
      spec: {
        ...(target === null ? {} : { repository: target.name }),
        goal: 'Write one file',
        agent,
        requires: { kinds: ['process_sandbox'] },
        limits: { execution: '1m', scheduleToStart: '10m' },
        ...(target === null ? { promotion: { level: 'patch' } } : {}),
        ...more,
      },
    };
    // The key makes a second sending of the same job safe: an answer that got lost must not make two jobs.
    const idempotencyKey = randomUUID();
    const accepted = await this.persist(() =>
      this.client.call('jobs.create', { body: spec, idempotencyKey }),
    );
    Object.assign(job, { id: accepted.id, sessionId: accepted.sessionId });
    this.jobs.push(job);
    if (kind.squats) this.squat(job);
    if (kind.cancels) job.cancel = this.cancelLater(job).catch((error) => (this.failure ??= error));
  }

  /** Whoever may write to the target makes the very branch that the promotion wants. */
  squat(job) {
    job.squatted = `gatehouse/${job.sessionId.toLowerCase()}-${job.jobName}`;
    git(job.target.path, 'branch', job.squatted, 'main');
  }

  async cancelLater(job) {
    await sleep(this.next() * 5_000);
    const input = { params: { id: job.id }, body: { reason: 'The soak changed its mind.' } };
    try {
      await this.persist(() => this.client.call('jobs.cancel', input));
      Object.assign(job, { ends: ['cancelled'], publishes: false, cancelled: true });
    } catch (error) {
      // Too late: it is over, or on its way out. A second sending after a lost answer finds it ended, as cancelled.
      if (![404, 409].includes(error?.status)) throw error;
      const now = await this.look(job);
      if (now?.phase === 'cancelled')
        Object.assign(job, { ends: ['cancelled'], publishes: false, cancelled: true });
    }
  }

  async approving() {
    while (!this.stopped) {
      await sleep(400);
      await this.approveAll();
    }
  }

  async approveAll() {
    const query = { state: 'awaiting_approval' };
    const { items } = await this.persist(() => this.approver.call('promotions.list', { query }));
    for (const { id, candidateId, jobId } of items) {
      const body = { answer: 'approve', reason: 'Seen.', candidateId };
      try {
        await this.persist(() => this.approver.call('approvals.answer', { params: { id }, body }));
        const job = this.jobs.find((one) => one.id === jobId);
        if (job) job.approved = true;
      } catch (error) {
        // Answered before a kill that ate the answer, or cancelled meanwhile.
        if (error?.status !== 409) throw error;
      }
    }
  }

  /** A reader that remembers what it was shown: no restart may take a word of it back. */
  async witnessing() {
    const remember = ({ items }) => {
      for (const { streamId, seq, hash } of items) this.seen.set(`${streamId} ${seq}`, hash);
      return items.length;
    };
    let after = 0;
    while (!this.stopped) {
      await sleep(300);
      const page = { params: { id: 'installation' }, query: { after, limit: 100 } };
      after += remember(await this.persist(() => this.admin.call('ledger.events', page)));
      const job = this.jobs[Math.floor(this.next() * this.jobs.length)];
      if (!job) continue;
      const own = { params: { id: job.sessionId }, query: { after: 0, limit: 200 } };
      if (await this.look(job)) remember(await this.persist(() => this.admin.call('sessions.events', own)));
    }
  }
}
