import type { Database } from '@gatehouse/tasks';
import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** The plane's database, as the parts outside of Nest want it. */
export const databaseOf = (app: INestApplicationContext): Database => app.get(DataSource, { strict: false });
