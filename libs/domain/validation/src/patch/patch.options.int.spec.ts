import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parsePatch } from './patch.parser.js';

const dir = mkdtempSync(join(tmpdir(), 'gatehouse-options-'));
const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];
const env = { PATH: process.env.PATH, HOME: dir, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
const git = (...args: string[]): Buffer => execFileSync('git', [...identity, ...args], { cwd: dir, env });

const write = (name: string, content: string): void => writeFileSync(join(dir, name), content, 'latin1');
const commit = (message: string): void => {
  git('add', '-A');
  git('commit', '-q', '-m', message);
};
const codeOf = (bytes: Buffer): string => {
  const parsed = parsePatch(bytes);
  return parsed.ok ? 'ok' : parsed.code;
};

beforeAll(() => {
  git('init', '-q');
  const text = Array.from({ length: 50 }, (_, i) => `line ${i}\n`).join('');
  write('a', text);
  commit('1');
  git('mv', 'a', 'b');
  write('b', `${text}more\n`);
  write('c', '\0\xff\xfe');
  commit('2');
  write('c', '\0\xff\xfe\0');
  commit('3');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const strict = ['--full-index', '--binary', '--no-renames'];

describe('the output of git with', () => {
  it.each([
    ['all that we ask for', strict, 'ok'],
    ['renames', ['--full-index', '--binary', '-M'], 'patch.rename'],
    ['copies', ['--full-index', '--binary', '-C', '--find-copies-harder'], 'patch.rename'],
    ['short ids', ['--no-renames'], 'patch.index'],
    ['no binary content', ['--full-index', '--no-renames'], 'patch.binary_omitted'],
    ['no prefixes', [...strict, '--no-prefix'], 'patch.name'],
    ['other prefixes', [...strict, '--src-prefix=i/', '--dst-prefix=w/'], 'patch.name'],
    ['colour', [...strict, '--color=always'], 'patch.not_a_patch'],
    ['a summary only', ['--stat'], 'patch.not_a_patch'],
    ['raw lines only', ['--raw'], 'patch.not_a_patch'],
    ['a summary before the patch', [...strict, '--stat', '-p'], 'patch.not_a_patch'],
  ])('%s', (_, args, code) => expect(codeOf(git('diff', ...args, 'HEAD~2', 'HEAD~1'))).toBe(code));

  it('format-patch: one mail is accepted, a series is not', () => {
    const mails = (...args: string[]) => codeOf(git('format-patch', '--stdout', ...strict, ...args));
    expect(mails('-1')).toBe('ok');
    expect(mails('-1', '--no-signature')).toBe('ok');
    expect(mails('-2')).toBe('patch.second_patch');
    expect(mails('-1', '--attach')).toBe('patch.encoded_mail');
    expect(mails('-1', '--cover-letter')).toBe('patch.second_patch');
  });

  it('show and log: their own headers are refused', () => {
    expect(codeOf(git('show', ...strict, 'HEAD'))).toBe('patch.not_a_patch');
    expect(codeOf(git('log', '-1', '-p', ...strict))).toBe('patch.not_a_patch');
  });
});
