import { GatehouseError } from '@gatehouse/contracts';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One numbered, forward-only step of the schema. Where and how to write one: migrations/index.ts. */
export abstract class Migration implements MigrationInterface {
  abstract up(runner: QueryRunner): Promise<void>;

  /** The ledger is append-only and so is the schema: going back means restoring a backup. */
  down(): Promise<void> {
    return Promise.reject(
      new GatehouseError('internal.unexpected', 'Migrations go forward only. Restore a backup instead.'),
    );
  }
}

export type MigrationClass = new () => Migration;

const numbered = /^([A-Z][A-Za-z]*)(\d{4})$/;

/** Name and number of a migration class, from its own name: `Ledger0001` is `{ noun: 'Ledger', number: 1 }`. */
export const identify = (migration: MigrationClass): { noun: string; number: number } => {
  const [, noun, number] = numbered.exec(migration.name) ?? [];
  if (noun === undefined || number === undefined)
    throw new GatehouseError(
      'internal.unexpected',
      `Migration class ${migration.name} is not named <Noun>NNNN. See libs/infra/database/src/migrations/index.ts.`,
    );
  return { noun, number: Number(number) };
};

/** TypeORM sorts by the last 13 characters of the name, which it expects to be a timestamp in milliseconds. */
export const recordedName = (migration: MigrationClass): string => {
  const { noun, number } = identify(migration);
  return `${noun}${String(number).padStart(13, '0')}`;
};

/** The same migration under the name that TypeORM records. */
export const forTypeorm = (migration: MigrationClass): new () => MigrationInterface => {
  const name = recordedName(migration);
  const Concrete = migration as new () => MigrationInterface;
  return class extends Concrete {
    override readonly name = name;
  };
};
