import { GatehouseError } from '@gatehouse/contracts';
import { checkDurability, createDataSource, NotifyHub, requireSchema } from '@gatehouse/database';
import { PlaneSettings } from '@gatehouse/session';
import { Tasks, type Database } from '@gatehouse/tasks';
import {
  Injectable,
  type FactoryProvider,
  type INestApplicationContext,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DataSource } from 'typeorm';

/** The plane's database, as the parts outside of Nest want it. */
export const databaseOf = (app: INestApplicationContext): Database => app.get(DataSource, { strict: false });

type Entities = NonNullable<Parameters<typeof createDataSource>[0]['entities']>;

/** The plane's database as a provider; refuses one that could lose what was acknowledged, or that is newer than us. */
export const databaseProvider = (name: string, entities: Entities): FactoryProvider<DataSource> => ({
  provide: DataSource,
  inject: [PlaneSettings],
  useFactory: async ({ settings }: PlaneSettings) => {
    const url = settings.DATABASE_URL;
    if (url === undefined)
      throw new GatehouseError('database.unavailable', 'DATABASE_URL is not set. Start with make start.');
    const database = await createDataSource({
      url,
      applicationName: `gatehouse ${name}`,
      poolSize: 10,
      connectTimeoutMs: settings.GATEHOUSE_DATABASE_WAIT,
      entities,
    });
    await requireSchema(database);
    await checkDurability(database);
    return database;
  },
});

export const tasksProvider: FactoryProvider<Tasks> = {
  provide: Tasks,
  inject: [DataSource, NotifyHub],
  useFactory: (database: DataSource, hub: NotifyHub) => new Tasks(database, hub),
};

/** Closes the connections when the application closes. */
@Injectable()
export class DatabaseCloser implements OnApplicationShutdown {
  constructor(private readonly database: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.destroy();
  }
}
