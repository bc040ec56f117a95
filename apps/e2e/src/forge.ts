import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startGitHub, type GitHub } from '@gatehouse/forge/testing';
import { commandsOf, runCommands } from './shell.page.js';

/** The stand-in for GitHub, and the settings that connect a plane with it. */
export interface Forge {
  readonly hub: GitHub;
  readonly settings: Readonly<Record<string, string>>;
  /** Headings of docs/github.md with commands below them. */
  readonly headings: readonly string[];
  /** Runs what docs/github.md says under a heading, with this host for github.com and `repo` for its repository. */
  follow(heading: string, repo: string, env: Readonly<Record<string, string | undefined>>): Promise<string>;
  /** Tells the stand-in where webhooks go. */
  connect(planeUrl: string): void;
  /** What git says of the repository there. Never called while this process is blocked: it answers itself. */
  git(repo: string, ...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** What a person does with the page: opens it, presses the button, agrees at GitHub. */
const agree = async (page: string): Promise<void> => {
  const html = await (await fetch(page)).text();
  const read = (pattern: RegExp): string =>
    (pattern.exec(html)?.[1] ?? '').replace(/&#(\d+);/g, (_, code: string) =>
      String.fromCharCode(Number(code)),
    );
  const manifest = read(/name="manifest" value="([^"]+)"/);
  await fetch(read(/action="([^"]+)"/), { method: 'POST', body: new URLSearchParams({ manifest }) });
};

/** Makes the App as docs/github.md says; the settings that came of it. */
const setUp = async (hub: GitHub, dir: string, commands: string): Promise<Record<string, string>> => {
  const data = join(dir, 'data');
  const { PATH } = process.env;
  const env = { PATH, HOME: dir, GATEHOUSE_DATA_DIR: data, GATEHOUSE_GITHUB_URL: hub.url };
  let agreed: Promise<void> | undefined;
  await runCommands(commands, env, (said) => {
    const page = /http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}/.exec(said)?.[0];
    if (page !== undefined) agreed ??= agree(page);
  });
  await agreed;
  const lines = readFileSync(join(data, 'settings.env'), 'utf8').trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
};

export const startForge = async (): Promise<Forge> => {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-forge-'));
  const hub = await startGitHub({ dir: join(dir, 'hub') });
  const page = commandsOf('github.md');
  const under = (heading: string): string => {
    const commands = page.get(heading);
    if (commands === undefined) throw new Error(`docs/github.md has no commands under "${heading}".`);
    return commands.replaceAll('https://github.com', hub.url);
  };
  return {
    hub,
    settings: {
      ...(await setUp(hub, dir, under('1. Make the App'))),
      GATEHOUSE_ALLOW_LOOPBACK_HTTP: '1',
      GATEHOUSE_FORGE_POLL: '2s',
    },
    headings: [...page.keys()],
    follow: (heading, repo, env) =>
      runCommands(under(heading).replaceAll(/^REPO=.*$/gm, `REPO=${repo}`), { ...env, HOME: dir }),
    connect: (planeUrl) => {
      hub.webhooks.url = `${planeUrl}/webhooks/github`;
    },
    git: async (repo, ...args) => {
      const { stdout } = await promisify(execFile)('git', ['-C', hub.repository(repo).git.dir, ...args]);
      return stdout.trim();
    },
    stop: async () => {
      await hub.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** Asks again until `ask` answers something; throws with what was waited for after two minutes, or as long as said. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  limitMs = 120_000,
): Promise<T> => {
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(100);
  }
  throw new Error(`Waited ${limitMs / 1000} s for ${what}.`);
};
