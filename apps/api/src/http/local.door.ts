import type { FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { answerBrokenRequest, requestTimeout, timeouts } from './server.js';

/**
 * Beside a TLS server: the same routes, guards and tokens on loopback, for the workers and commands of this machine.
 * The certificate is made for a name outside and means nothing to them. Answers how to close it.
 */
export const openLocalDoor = async (server: FastifyInstance, port: number): Promise<() => void> => {
  const door = createServer({ ...timeouts, requestTimeout }, (request, response) =>
    server.routing(request, response),
  );
  door.on('clientError', answerBrokenRequest);
  door.listen(port, '127.0.0.1');
  await once(door, 'listening');
  return () => {
    door.close();
    door.closeAllConnections();
  };
};
