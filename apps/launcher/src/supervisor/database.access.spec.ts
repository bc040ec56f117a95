import { describe, expect, it } from '@jest/globals';
import { readSettings } from '@gatehouse/contracts';
import { givenUrls } from './database.access.js';

const settingsOf = (env: Record<string, string>) => {
  const read = readSettings(env);
  if (!read.ok) throw new Error(read.faults.join());
  return read.settings;
};
const three = {
  GATEHOUSE_DATABASE_URL_API: 'postgres://a@h/d',
  GATEHOUSE_DATABASE_URL_ENGINE: 'postgres://e@h/d',
  GATEHOUSE_DATABASE_URL_PROMOTER: 'postgres://p@h/d',
};

describe('logins of the user’s own database', () => {
  it('are none, or one for each process', () => {
    expect(givenUrls(settingsOf({ DATABASE_URL: 'postgres://o@h/d' }))).toBeUndefined();
    expect(givenUrls(settingsOf({ DATABASE_URL: 'postgres://o@h/d', ...three }))).toEqual({
      api: 'postgres://a@h/d',
      engine: 'postgres://e@h/d',
      promoter: 'postgres://p@h/d',
    });
  });

  it('are refused where one is missing, or the owner of the schema', () => {
    const { GATEHOUSE_DATABASE_URL_API: api } = three;
    const some = { DATABASE_URL: 'postgres://o@h/d', GATEHOUSE_DATABASE_URL_API: api };
    expect(() => givenUrls(settingsOf(some))).toThrow(/together/);
    expect(() => givenUrls(settingsOf(three))).toThrow(/DATABASE_URL/);
  });
});
