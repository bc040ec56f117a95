// Does the soak find anything at all? For developers: each fault is planted into a copy of what is built, never into
// the clone, and the loop that should notice runs on that copy.
//   node scripts/soak.faults.mjs            all of them, some two minutes each
//   node scripts/soak.faults.mjs fence ref  some of them
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyBuilt, plant } from './soak.copy.mjs';
import { run, say, stop } from './step.mjs';

const publisher = 'libs/infra/git/dist/branch.publisher.js';

/** Name → what is taken away, where, the loop that must notice, and the words of the fault that it must find. */
export const faults = {
  fence: {
    without: 'the check of lease and generation',
    edits: [
      {
        file: 'libs/domain/capability/dist/lease.service.js',
        from: 'check(lease, generation) {',
        to: 'check(lease, generation) { return;',
      },
    ],
    finds: /the plane took a result/,
  },
  ref: {
    without: 'the compare-and-swap on the branch',
    edits: [
      { file: publisher, from: 'if ((before.oid ?? null) !== expected)', to: 'if (false)' },
      { file: publisher, from: "`--force-with-lease=${ref}:${expected ?? ''}`", to: "'--force'" },
    ],
    finds: /made by somebody else, was overwritten/,
  },
  branch: {
    without: 'the one branch of a session: a promotion that runs again takes another name',
    edits: [
      {
        file: 'libs/domain/promotion/dist/promotion.publisher.js',
        from: 'const branch = branchOf(row.sessionId, facts.jobName);',
        to: "const branch = branchOf(row.sessionId, facts.jobName) + (row.again ? '-again' : '');",
      },
      {
        file: 'libs/domain/promotion/dist/promotion.runner.js',
        from: "if (row.state === 'running') {",
        to: "if (row.state === 'running') { row.again = true;",
      },
      {
        file: 'libs/domain/promotion/dist/promotion.runner.js',
        from: "await at('published');",
        to: "if (Math.random() < 0.3) process.kill(process.pid, 'SIGKILL'); await at('published');",
      },
    ],
    finds: /belongs to no job|has no branch/,
  },
  acknowledgement: {
    without: 'the transaction around what is acknowledged, for one job in six',
    edits: [
      {
        file: 'apps/api/dist/idempotency/idempotency.js',
        from: 'return new Answer(status, answer);\n    }\n}',
        to: `if (Math.random() < 0.17 && String(answer?.id).startsWith('job_')) throw Object.assign(new Busy(), { answer: new Answer(status, answer) });\n        return new Answer(status, answer);\n    }\n}`,
      },
      {
        file: 'apps/api/dist/idempotency/idempotency.js',
        from: 'if (!(error instanceof Busy))',
        to: 'if (error.answer) return error.answer;\n                if (!(error instanceof Busy))',
      },
    ],
    finds: /was acknowledged and is gone/,
  },
  sweep: {
    without: 'the end of leases that nobody renews',
    edits: [
      {
        file: 'libs/domain/orchestration/dist/sweep.service.js',
        from: 'of await this.leases.rows.overdue(grace, batch)',
        to: 'of []',
      },
    ],
    finds: /is running, not|is pending, not|is validating, not/,
  },
  event: {
    without: 'one event in ten of the states of attempts',
    edits: [
      {
        file: 'libs/domain/ledger/dist/change.js',
        from: 'events.push(event);',
        to: "if (event.type !== 'attempt.state_changed' || Math.random() > 0.1) events.push(event);",
      },
    ],
    finds: /ended more than once, or not at all, in the ledger/,
  },
  quarantine: {
    without: 'the removal of what a promotion laid aside',
    edits: [
      {
        file: 'libs/domain/promotion/dist/promotion.publisher.js',
        from: 'await quarantine.remove();',
        to: '',
      },
    ],
    finds: /files of something at work are left/,
  },
  checkpoint: {
    loop: 'kill,ledger',
    without: 'the comparison with the signed heads outside of the database',
    edits: [
      {
        file: 'libs/domain/ledger/dist/head-checkpointer.js',
        from: 'if (fault === null || faulty.has(streamId) || faults.length >= maxFaults)',
        to: 'if (true)',
      },
    ],
    finds:
      /verify does not find (a cut tail with its head set back|a stream that is gone whole|an edited payload, everything)/,
  },
  bytes: {
    loop: 'corpus',
    without: 'the line ends of Windows in what an agent wrote',
    edits: [
      {
        file: 'apps/worker/dist/workspace/workspace.reader.js',
        from: 'parts.push(Buffer.from(payload));',
        to: "parts.push(Buffer.from(Buffer.from(payload).toString('latin1').replaceAll('\\r\\n', '\\n'), 'latin1'));",
      },
    ],
    finds: /has tree/,
  },
  order: {
    loop: 'corpus',
    without: 'the order of the findings of a gate',
    edits: [
      {
        file: 'libs/domain/validation/dist/gate.js',
        from: 'const sorted = [...findings].sort(order);',
        to: 'const sorted = [...findings].sort(() => Math.random() - 0.5);',
      },
    ],
    finds: /the verdict of \S+ differs/,
  },
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in faults));
if (unknown.length > 0)
  stop(`No such fault: ${unknown.join(' ')}. There are: ${Object.keys(faults).join(' ')}`);

const missed = [];
for (const name of names.length > 0 ? names : Object.keys(faults)) {
  const { without, edits, finds, loop = 'kill' } = faults[name];
  const copy = mkdtempSync(join('/var/tmp', 'gatehouse-fault-'));
  // Open to read: some parts run as users of their own, and find the packages through links out of the copy.
  chmodSync(copy, 0o755);
  try {
    const apps = copyBuilt(copy);
    for (const edit of edits) plant(copy, edit);
    say(`${name}: without ${without}`);
    const env = {
      SOAK_APPS: apps,
      LOOPS: loop,
      SHARE: '0.1',
      SOAK_PATIENCE: '45',
      SEED: process.env.SEED ?? '1',
    };
    const { code, output } = await run(process.execPath, ['scripts/soak.mjs'], { quiet: true, env });
    const said = output.split('\n').filter((line) => line.startsWith('FAULT: '));
    const found = said.filter((line) => finds.test(line));
    if (code === 0 || found.length === 0) missed.push(name);
    say(
      `  ${found.length > 0 ? 'found' : 'NOT FOUND'}: ${said.length} faults, e.g. ${found[0] ?? said[0] ?? 'none'}`,
    );
    const kept = /Data and logs are kept in (\S+)/.exec(output)?.[1];
    if (kept && found.length > 0) rmSync(kept, { recursive: true, force: true });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
if (missed.length > 0) stop(`The soak does not notice: ${missed.join(' ')}`);
say('The soak notices every fault that was planted.');
