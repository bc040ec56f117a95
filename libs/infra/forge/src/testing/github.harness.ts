import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/core';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gitEnvironment } from './bare.repository.js';
import { startGitHub, type GitHub } from './github.js';

/** A stand-in with one repository, and the people around it, in a folder of its own. */
export async function startedHub(wanted: { private?: boolean; drafts?: boolean } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'stand-in-'));
  const hub = await startGitHub({ dir: join(dir, 'hub') });
  await hub.addRepository({
    owner: 'acme',
    name: 'widgets',
    files: { 'README.md': 'one\ntwo\nthree\n' },
    people: { alice: 'admin', bob: 'write', carol: 'read' },
    ...wanted,
  });
  const stop = async () => {
    await hub.close();
    await rm(dir, { recursive: true, force: true });
  };
  return { hub, dir, stop };
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export const appOctokit = (hub: GitHub, installationId?: number) =>
  new Octokit({
    baseUrl: hub.apiUrl,
    log: silent,
    authStrategy: createAppAuth,
    auth: {
      appId: hub.app.id,
      privateKey: hub.app.privateKeyPem,
      ...(installationId !== undefined && { installationId }),
    },
  });

export const octokit = (hub: GitHub, token: string) =>
  new Octokit({ baseUrl: hub.apiUrl, log: silent, auth: token });

/** The status and message of a call that GitHub refuses. */
export async function refusal(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    const { status, message } = error as { status: number; message: string };
    return { status, message };
  }
  return null;
}

/** The real git, as a client: what it printed and how it ended. */
export function git(cwd: string, args: string[], token?: string) {
  const login = token === undefined ? '' : Buffer.from(`x-access-token:${token}`).toString('base64');
  const env = {
    ...gitEnvironment,
    GIT_AUTHOR_NAME: 'Gatehouse',
    GIT_AUTHOR_EMAIL: 'gatehouse@example.test',
    GIT_COMMITTER_NAME: 'Gatehouse',
    GIT_COMMITTER_EMAIL: 'gatehouse@example.test',
    GIT_CONFIG_COUNT: '3',
    ...(token !== undefined && {
      GIT_CONFIG_COUNT: '4',
      GIT_CONFIG_KEY_3: 'http.extraHeader',
      GIT_CONFIG_VALUE_3: `Authorization: Basic ${login}`,
    }),
    GIT_CONFIG_KEY_2: 'advice.detachedHead',
    GIT_CONFIG_VALUE_2: 'false',
  };
  return new Promise<{ code: number | null; out: string }>((resolve, reject) => {
    const child = spawn('git', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out }));
  });
}

export interface Change {
  branch: string;
  path?: string;
  text?: string;
}

/** A clone with one more commit on a branch of its own; its folder and that commit. */
export async function changedClone(hub: GitHub, dir: string, token: string, change: Change) {
  const clone = await mkdtemp(join(dir, 'clone-'));
  const from = await git(dir, ['clone', '--quiet', `${hub.url}/acme/widgets.git`, clone], token);
  if (from.code !== 0) throw new Error(from.out);
  return { clone, commit: await commitIn(clone, change) };
}

/** Commits a change on a new branch off the remote's main, in a clone made before. */
export async function commitIn(clone: string, change: Change): Promise<string> {
  const made = await git(clone, ['checkout', '--quiet', '-b', change.branch, 'origin/main']);
  if (made.code !== 0) throw new Error(made.out);
  const path = join(clone, change.path ?? 'README.md');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, change.text ?? 'one\ntwo, changed\nthree\n');
  await git(clone, ['add', '--all']);
  await git(clone, ['commit', '--quiet', '-m', `Change ${change.branch}`]);
  return (await git(clone, ['rev-parse', 'HEAD'])).out.trim();
}
