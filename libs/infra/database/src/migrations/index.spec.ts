import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { identify, recordedName } from '../migration.js';
import { migrations } from './index.js';

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.migration.ts'));

describe('migrations', () => {
  it('are numbered by their place in the list, without gaps', () => {
    expect(migrations.map((migration) => identify(migration).number)).toEqual(
      migrations.map((_, at) => at + 1),
    );
  });

  it('are exactly the files of this folder, named after their class', () => {
    const expected = migrations.map((migration) => {
      const { noun, number } = identify(migration);
      const kebab = noun.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
      return `${String(number).padStart(4, '0')}-${kebab}.migration.ts`;
    });
    expect(files.sort()).toEqual(expected.sort());
  });

  it('are recorded under names that sort like their numbers and fit TypeORM', () => {
    for (const migration of migrations) expect(recordedName(migration)).toMatch(/^[A-Z][A-Za-z]*\d{13}$/);
  });
});
