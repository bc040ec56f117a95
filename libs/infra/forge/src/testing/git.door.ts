import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import type { Answer } from './answer.js';
import { allowed, type Need } from './access.js';
import { ZERO, gitEnvironment } from './bare.repository.js';
import { fullName } from './naming.js';
import { movesBetween, tellOfMoves } from './pushes.js';
import { constraintsOn } from './push.rules.js';
import type { Account, Caller, Repository } from './world.types.js';
import type { World } from './world.js';

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface GitRequest {
  owner: string;
  name: string;
  /** Below the repository: `info/refs`, `git-upload-pack` or `git-receive-pack`. */
  tail: string;
  service: 'push' | 'fetch';
  query: string;
  method: string;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
}

const tails = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

/** The parts of a smart HTTP request of git, or null where it is none. */
export function gitRequest(method: string, url: URL, headers: GitRequest['headers'], body: Buffer) {
  const [, owner, name, tail] = tails.exec(decodeURIComponent(url.pathname)) ?? [];
  if (owner === undefined || name === undefined || tail === undefined) return null;
  const pushes = tail === 'git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack';
  const service = pushes ? ('push' as const) : ('fetch' as const);
  return { owner, name, tail, service, query: url.search.slice(1), method, headers, body };
}

const plain = (status: number, message: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
  body: Buffer.from(`${message}\n`),
});

const askName = { 'WWW-Authenticate': 'Basic realm="GitHub"' };

/** Nobody is known by what was given; a suspended installation is known and refused. */
export const badLogin = (refusal?: Answer): Reply =>
  refusal?.status === 403
    ? plain(403, 'This installation has been suspended')
    : plain(401, 'Invalid username or token.', askName);

const readContents: Need = { permissions: { contents: 'read' }, role: 'read' };
const writeContents: Need = { permissions: { contents: 'write' }, role: 'write' };

/** Serves a fetch or a push by git's own program, as GitHub would let this caller. */
export async function serveGit(world: World, caller: Caller, request: GitRequest): Promise<Reply> {
  if (caller.kind === 'app') return badLogin();
  const found = world.find(request.owner, request.name);
  const repository = found ?? world.findFormer(request.owner, request.name);
  const known = caller.kind !== 'anonymous';
  const push = request.service === 'push';
  if (!repository) return known ? plain(404, 'Repository not found.') : badLogin();
  const verdict = allowed(world, caller, repository, push ? writeContents : readContents);
  if (!verdict.ok) {
    if (!known) return badLogin();
    if (verdict.status === 404) return plain(404, 'Repository not found.');
    if (repository.archived) return plain(403, 'This repository was archived so it is read-only.');
    const who = caller.token.account.login;
    return caller.kind === 'installation'
      ? plain(403, push ? 'Write access to repository not granted.' : verdict.message)
      : plain(403, `Permission to ${fullName(repository)}.git denied to ${who}.`);
  }
  if (!found) {
    const search = request.query === '' ? '' : `?${request.query}`;
    const Location = `${world.urls.web}/${fullName(repository)}.git/${request.tail}${search}`;
    return plain(301, 'Moved Permanently', { Location });
  }
  if (request.tail !== 'git-receive-pack' || !known) return backend(repository, request, 'anonymous', {});
  const { account } = caller.token;
  const workflows = caller.token.permissions === null || caller.token.permissions.workflows === 'write';
  return receive(world, repository, request, account, workflows);
}

/** One push at a time: what it moved is what differs between before and after. */
function receive(world: World, repository: Repository, request: GitRequest, by: Account, workflows: boolean) {
  return repository.git.exclusive(async () => {
    const before = await repository.git.refs();
    const refused = constraintsOn(world, repository, by, commandsIn(request.body));
    const reply = await backend(repository, request, by.login, {
      ...refused,
      STANDIN_WORKFLOWS: workflows ? 'yes' : 'no',
    });
    await tellOfMoves(world, repository, by, movesBetween(before, await repository.git.refs()));
    return reply;
  });
}

/** `old new ref` of each ref the push would move, from its first packet lines. */
export function commandsIn(body: Buffer): { ref: string; before: string; after: string }[] {
  const commands = [];
  for (let at = 0; at + 4 <= body.length;) {
    const size = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (!(size > 4)) break;
    const line = body.toString('utf8', at + 4, at + size);
    const [before = ZERO, after = ZERO, ref = ''] = (line.split('\0')[0] ?? '').trim().split(' ');
    commands.push({ ref, before, after });
    at += size;
  }
  return commands;
}

function backend(
  repository: Repository,
  request: GitRequest,
  login: string,
  more: Record<string, string>,
): Promise<Reply> {
  const header = (name: string) => String(request.headers[name] ?? '');
  const { dir } = repository.git;
  const env = {
    ...gitEnvironment,
    ...more,
    GIT_PROJECT_ROOT: dirname(dir),
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `${dir.slice(dirname(dir).length)}/${request.tail}`,
    REQUEST_METHOD: request.method,
    QUERY_STRING: request.query,
    CONTENT_TYPE: header('content-type'),
    CONTENT_LENGTH: String(request.body.length),
    REMOTE_USER: login,
    REMOTE_ADDR: '127.0.0.1',
    ...(request.headers['content-encoding'] && { HTTP_CONTENT_ENCODING: header('content-encoding') }),
    ...(request.headers['git-protocol'] && { GIT_PROTOCOL: header('git-protocol') }),
  };
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], { env });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.resume();
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', () => resolve(parsed(Buffer.concat(out))));
    child.stdin.end(request.body);
  });
}

function parsed(answer: Buffer): Reply {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return plain(500, 'git http-backend gave no answer');
  const headers: Record<string, string> = {};
  for (const line of answer.toString('latin1', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  const { Status, ...rest } = headers;
  return { status: Number.parseInt(Status ?? '200', 10), headers: rest, body: answer.subarray(end + 4) };
}
