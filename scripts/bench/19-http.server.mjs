// The two servers of row 19, each in a process of its own: `node:http` alone, and the API as it is.
import { createServer } from 'node:http';

const listenRaw = async () => {
  const body = JSON.stringify({ status: 'ok', version: '0.1.0' });
  const server = createServer((_, response) => {
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length,
    });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
};

const listenOurs = async () => {
  await import('reflect-metadata');
  const { makeLog } = await import('../../libs/domain/orchestration/dist/index.js');
  const { createApp } = await import('../../apps/api/dist/app.js');
  const app = await createApp(makeLog('info', 'api'));
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
};

const port = await (process.argv[2] === 'raw' ? listenRaw() : listenOurs());
process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit(0));
process.send({ port });
