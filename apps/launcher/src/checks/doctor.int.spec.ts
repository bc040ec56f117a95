import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runCheck } from '@gatehouse/health';
import { readInstallation } from '../installation.js';
import { openContext, type Check } from './check.js';
import { ports } from './ports.check.js';

const look = async (env: Record<string, string>, ...checks: Check[]) => {
  const { context, close } = openContext(
    readInstallation({ GATEHOUSE_DATA_DIR: '/nowhere/at/all', ...env }),
    undefined,
  );
  try {
    return await Promise.all(checks.map((check) => runCheck(check, context)));
  } finally {
    await close();
  }
};

describe('checks on real things', () => {
  const servers: Server[] = [];
  const listen = (onLine: (line: string) => string): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer((socket) =>
        socket.on('data', (chunk) => socket.write(onLine(chunk.toString()))),
      );
      servers.push(server);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  it('tell an explicit port that is taken from a default that can move', async () => {
    const port = await listen(() => '');
    const [explicit] = await look({ GATEHOUSE_PORT: String(port) }, ports);
    expect(explicit).toMatchObject({ status: 'FAIL', detail: expect.stringContaining(String(port)) });
    const [high] = await look({ GATEHOUSE_PORT: '65000', GATEHOUSE_PG_PORT: '65001' }, ports);
    expect(high).toMatchObject({ status: 'WARN', detail: expect.stringContaining('65000') });
  });
});
