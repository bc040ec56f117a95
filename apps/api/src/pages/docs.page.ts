import swaggerUi from '@fastify/swagger-ui';
import { openapiDocument } from '@gatehouse/contracts';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { version } from '../version.js';

/** The page of the docs shows small pictures that are written into its style. */
const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Stands in for @fastify/swagger: our document comes from the contracts, not from the routes of the server. */
const given = (document: unknown): FastifyPluginAsync => {
  const plugin: FastifyPluginAsync = (server) => {
    server.decorate('swagger' as never, (() => document) as never);
    return Promise.resolve();
  };
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: '@fastify/swagger',
    [Symbol.for('plugin-meta')]: { name: '@fastify/swagger' },
  });
};

export const serveDocs = async (server: FastifyInstance): Promise<void> => {
  const document = openapiDocument(version);
  const text = JSON.stringify(document);
  server.get('/openapi.json', (_, reply) => reply.type('application/json; charset=utf-8').send(text));
  await server.register(given(document));
  await server.register(swaggerUi, { routePrefix: '/docs', staticCSP: docsPolicy });
};
