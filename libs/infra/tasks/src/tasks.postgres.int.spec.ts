import { createTestDatabase } from '@gatehouse/database/testing';
import { expect, it } from '@jest/globals';
import { prepareQueue } from './bullmq.connection.js';
import { tasksContract } from './tasks.contract.js';

tasksContract('Postgres', async () => ({
  wipe: async ({ dataSource }) => {
    await dataSource.query('DROP SCHEMA bullmq CASCADE');
  },
  stop: async () => undefined,
}));

it('the tables of the queue are made once, however many ask for them at the same time', async () => {
  const { dataSource, drop } = await createTestDatabase({ poolSize: 8 });
  try {
    for (let round = 0; round < 3; round += 1) {
      await dataSource.query('DROP SCHEMA IF EXISTS bullmq CASCADE');
      await Promise.all(Array.from({ length: 8 }, () => prepareQueue({ database: dataSource })));
    }
    expect(await dataSource.query('SELECT count(*)::int AS n FROM bullmq.migration')).not.toEqual([{ n: 0 }]);
  } finally {
    await drop();
  }
});
