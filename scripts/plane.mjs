// The plane from outside, as any user sees it: its launcher and its API.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clone } from './step.mjs';

const launcher = join(clone, 'apps', 'launcher', 'dist', 'main.js');
// Imported by path: this folder is no package, and npm links ours only where somebody depends on them.
const { createClient } = await import('../libs/client/dist/index.js');
const { parse } = createRequire(join(clone, 'apps', 'e2e', 'package.json'))('yaml');

/** A JobSpec or policy in a YAML file. */
export const readDocument = (path) => parse(readFileSync(path, 'utf8'));

/** Runs a verb of the launcher; its steps are shown unless `quiet`. Answers what it said as JSON. */
export const launch = (verb, { env, quiet = false } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [launcher, verb, '--json'], {
      stdio: ['ignore', 'pipe', quiet ? 'ignore' : 'inherit'],
      env: { ...process.env, ...env },
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    child.on('error', reject);
    child.on('close', (code) => {
      try {
        resolve({ code, ...JSON.parse(said) });
      } catch {
        reject(new Error(`The launcher's ${verb} ended with ${code} and no answer. Run make doctor.`));
      }
    });
  });

/** Client of whoever owns the token. */
export const clientOf = (url, token) => createClient({ baseUrl: url, token });

/** Client of the installation's admin. */
export const adminOf = ({ url, adminTokenFile }) =>
  clientOf(url, readFileSync(adminTokenFile, 'utf8').trim());

/** A principal of this name with a fresh token; answers a client that acts as it. */
export const actAs = async (admin, name, roles) => {
  let principal;
  for await (const one of admin.pages('principals.list')) if (one.name === name) principal = one;
  principal ??= await admin.call('principals.create', {
    body: { name, kind: 'user', roles },
    idempotencyKey: randomUUID(),
  });
  const { secret } = await admin.call('tokens.create', {
    body: { principalId: principal.id, name: 'demo', expiresInDays: 1 },
  });
  return clientOf(admin.baseUrl, secret);
};

/** Looks at a job until it is over; `onPhase` hears of each new phase. */
export const untilOver = async (client, jobId, { onPhase = () => undefined, limitMs = 180_000 } = {}) => {
  let phase;
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(250)) {
    const job = await client.call('jobs.get', { params: { id: jobId } });
    if (job.phase !== phase) await onPhase(job);
    phase = job.phase;
    if (job.endedAt !== null) return job;
  }
  throw new Error(
    `Job ${jobId} is still ${phase} after ${limitMs / 1000} s. See make doctor and the job's page.`,
  );
};
