import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishBranch, readRemoteRef } from './branch.publisher.js';
import { GitRunner } from './git.runner.js';
import { GitHttpServer } from './http.backend.fixture.js';
import { Mirror } from './mirror.js';
import { Scratch } from './scratch.fixture.js';
import { accessTo } from './source.credential.js';
import type { LocatedSource } from './source.locator.js';

const ref = 'refs/heads/gatehouse/ses-1-fix';
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
// What a shell or a URL would read differently.
const password = `p"a's$s w%40rd;\`id\``;
const reader = `x-access-token:${password}`;

describe('a source that wants a credential', () => {
  const scratch = new Scratch();
  const served = join(scratch.dir, 'served');
  const server = new GitHttpServer(served);
  const elsewhere = new GitHttpServer(served);
  let host: string;
  let other: string;
  let commit: string;
  let count = 0;

  const located = (pair?: string, path = '/acme/widgets'): LocatedSource => ({
    address: `${host}${path}`,
    transport: 'http',
    owner: undefined,
    ...(pair !== undefined && {
      credential: () => {
        const [username = '', ...rest] = pair.split(':');
        return Promise.resolve({ username, password: rest.join(':') });
      },
    }),
  });
  const mirrorOf = async (): Promise<Mirror> => {
    const mirror = new Mirror(scratch.git, join(scratch.dir, `mirror-${count++}.git`));
    await mirror.ensure();
    return mirror;
  };

  beforeAll(async () => {
    mkdirSync(join(served, 'acme'), { recursive: true });
    const path = scratch.repository('work');
    scratch.commit(path, scratch.tree(path, [{ path: 'a', content: '1\n' }]));
    scratch.plain(scratch.dir, ['clone', '-q', '--bare', path, join(served, 'acme', 'widgets')]);
    commit = scratch.commit(
      path,
      scratch.tree(path, [{ path: 'a', content: '2\n' }]),
      [scratch.text(path, ['rev-parse', 'refs/heads/main'])],
      'refs/heads/next',
    );
    [host, other] = await Promise.all([server.listen(), elsewhere.listen()]);
  });
  beforeEach(() => {
    server.rules = { readers: [reader] };
    server.shown.length = 0;
    elsewhere.shown.length = 0;
  });
  afterAll(async () => {
    await Promise.all([server.close(), elsewhere.close()]);
    await scratch.close();
  });

  it('is fetched, asked for refs and written to with it', async () => {
    server.rules = { readers: [reader], writers: ['w:secret'] };
    const mirror = await mirrorOf();
    expect(await mirror.fetch(located(reader))).toEqual({ ok: true, warnings: [] });
    expect(await mirror.defaultBranch(located(reader))).toBe('main');
    expect(await readRemoteRef(scratch.git, located(reader), ref)).toEqual({ ok: true, oid: undefined });

    const gitDir = join(scratch.dir, 'work', '.git');
    const wanted = { commit, ref, expected: null };
    expect(await publishBranch(scratch.git, located('w:secret'), gitDir, wanted)).toMatchObject({
      ok: true,
      commit,
      already: false,
    });
    // Git asks without first, and is told to come back; nothing but the right pair is ever shown.
    expect(new Set(server.shown)).toEqual(new Set([undefined, basic(reader), basic('w:secret')]));
  });

  it('is refused at once where it is wrong, and nobody is shown what it was', async () => {
    server.rules = {
      readers: [],
      answer: (request, response) => {
        const { authorization = '' } = request.headers;
        if (authorization === '') return false;
        const said = Buffer.from(authorization.slice(6), 'base64').toString();
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"', 'content-type': 'text/plain' });
        response.end(`you said ${said} and ${authorization}\n`);
        return true;
      },
    };
    let told = 0;
    const wrong = { ...located('x:hunter2-of-ours'), credentialRefused: () => void (told += 1) };
    const answers = [
      await (await mirrorOf()).fetch(wrong),
      await readRemoteRef(scratch.git, wrong, ref),
      await publishBranch(scratch.git, wrong, join(scratch.dir, 'work', '.git'), {
        commit,
        ref: `${ref}-2`,
        expected: null,
      }),
    ];
    for (const answer of answers)
      expect(answer).toMatchObject({
        ok: false,
        reason: 'source.unreachable',
        message: expect.stringContaining('the credential was refused'),
      });
    expect(JSON.stringify(answers)).not.toMatch(/hunter2|eDpodW50/);
    expect(told).toBe(answers.length);
  });

  it('says back nothing of it, where the host repeats it', async () => {
    server.rules = {
      answer: (_request, response) => {
        response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' });
        response.end(`${password} ${basic(reader).slice(6)}\n`);
        return true;
      },
    };
    const access = await accessTo(located(reader));
    const said = await scratch.git.run(['ls-remote', located().address], { ...access, accept: [128] });
    expect(said.stderr).toContain('remote: <credential> <credential>');
  });

  it('tells a host that is out from one that refuses, whatever the host itself says', async () => {
    const gitDir = join(scratch.dir, 'work', '.git');
    const wanted = { commit, ref: `${ref}-4`, expected: null };
    const answers = async (to: LocatedSource) => [
      await (await mirrorOf()).fetch(to),
      await readRemoteRef(scratch.git, to, ref),
      await publishBranch(scratch.git, to, gitDir, wanted),
      // The repository can be read, and the push is what fails.
      await publishBranch(scratch.git, to, gitDir, { ...wanted, before: { ok: true, oid: undefined } }),
    ];
    const say = (status: number, text = '') => {
      server.rules = {
        answer: (_request, response) => {
          response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
          return true;
        },
      };
    };
    for (const status of [500, 502, 503]) {
      say(status);
      for (const answer of await answers(located(reader)))
        expect(answer).toMatchObject({ reason: 'source.silent' });
    }
    const gone = { ...located(reader), address: 'http://127.0.0.1:1/acme/widgets' };
    for (const answer of await answers(gone)) expect(answer).toMatchObject({ reason: 'source.silent' });
    say(404, "fatal: unable to access 'x': The requested URL returned error: 503");
    for (const answer of await answers(located(reader)))
      expect(answer).toMatchObject({ reason: 'source.unreachable' });
  });

  it('does not take a push that the host cannot take now for one that it refuses', async () => {
    server.rules = {
      writers: ['w:secret'],
      readers: ['w:secret'],
      answer: (request, response) => {
        if (!request.url?.includes('git-receive-pack')) return false;
        response.writeHead(503, { 'content-type': 'text/plain' }).end('read-only for now\n');
        return true;
      },
    };
    const wanted = { commit, ref: `${ref}-5`, expected: null };
    expect(
      await publishBranch(scratch.git, located('w:secret'), join(scratch.dir, 'work', '.git'), wanted),
    ).toMatchObject({ ok: false, reason: 'source.silent' });
  });

  it('is no longer asked for where none is configured', async () => {
    const answer = await (await mirrorOf()).fetch(located());
    expect(answer).toMatchObject({
      reason: 'source.unreachable',
      message: expect.stringContaining('none is configured'),
    });
  });

  it('tells a credential that may not write from one that is wrong', async () => {
    const gitDir = join(scratch.dir, 'work', '.git');
    const wanted = { commit, ref: `${ref}-3`, expected: null };
    expect(await publishBranch(scratch.git, located(reader), gitDir, wanted)).toMatchObject({
      ok: false,
      reason: 'source.unreachable',
      message: expect.stringContaining('does not permit this to our credential'),
    });
  });

  it('is given to no other host, whatever the first one says', async () => {
    for (const status of [301, 302, 307, 308]) {
      server.rules = {
        answer: (request, response) => {
          response.writeHead(status, { location: `${other}${request.url ?? ''}` }).end();
          return true;
        },
      };
      const answer = await (await mirrorOf()).fetch(located(reader));
      expect(answer).toMatchObject({
        reason: 'source.unreachable',
        message: expect.stringContaining('another address'),
      });
    }
    expect(elsewhere.shown).toEqual([]);
  });

  it('is given to no other host even if git were to follow', async () => {
    elsewhere.rules = { readers: [reader] };
    server.rules = {
      answer: (request, response) => {
        response.writeHead(302, { location: `${other}${request.url ?? ''}` }).end();
        return true;
      },
    };
    const access = await accessTo(located(reader));
    const { code } = await scratch.git.run(['ls-remote', located().address], {
      ...access,
      config: [...(access.config ?? []), ['http.followRedirects', 'true']],
      accept: [0, 128],
    });
    expect(code).toBe(128);
    expect(elsewhere.shown).toEqual([undefined]);
  });

  it('stands in no argument and no environment of what git runs', async () => {
    const bin = join(scratch.dir, 'bin');
    const dump = join(scratch.dir, 'dump');
    mkdirSync(bin);
    // In place of git's own transport: notes what any other process of this user could read of it.
    writeFileSync(
      join(bin, 'git-remote-http'),
      `#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ /proc/$PPID/cmdline /proc/$PPID/environ > ${dump}\nexit 1\n`,
    );
    chmodSync(join(bin, 'git-remote-http'), 0o755);
    const access = await accessTo(located(reader));
    await new GitRunner(scratch.spawner).run(['ls-remote', located().address], {
      ...access,
      env: { GIT_EXEC_PATH: bin },
      accept: [0, 1, 128],
    });
    const seen = readFileSync(dump, 'latin1');
    expect(seen).toContain('credential.helper.mjs');
    expect(seen).not.toContain(password);
    expect(seen).not.toContain('x-access-token');
  });

  it.each([
    ['a line', 'x:a\nb'],
    ['nothing', 'x:'],
    ['a NUL', 'x:a\0b'],
  ])('is refused before git runs where it holds %s', async (_what, pair) => {
    await expect(readRemoteRef(scratch.git, located(pair), ref)).rejects.toMatchObject({
      code: 'git.refused',
      message: expect.not.stringContaining('a\nb'),
    });
    expect(server.shown).toEqual([]);
  });
});
