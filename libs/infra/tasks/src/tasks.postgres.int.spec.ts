import { tasksContract } from './tasks.contract.js';

tasksContract('Postgres', async () => ({
  wipe: async ({ dataSource }) => {
    await dataSource.query('DROP SCHEMA bullmq CASCADE');
  },
  stop: async () => undefined,
}));
