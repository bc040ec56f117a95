import { writeFile } from 'node:fs/promises';
import { createDataSource } from '../data-source.js';
import { dumpSchema } from '../schema-dump.js';
import { startTestServer } from './test-server.js';

const server = await startTestServer();
try {
  const url = new URL(server.adminUrl);
  url.pathname = `/${server.template}`;
  const dataSource = await createDataSource({ url: url.href, applicationName: 'gatehouse-schema' });
  await writeFile(new URL('../../schema.sql', import.meta.url), await dumpSchema(dataSource));
  await dataSource.destroy();
} finally {
  await server.stop();
}
