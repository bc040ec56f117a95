import fastifyStatic from '@fastify/static';
import { GatehouseError } from '@gatehouse/contracts';
import type { FastifyInstance } from 'fastify';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const year = 31_536_000;

/**
 * The panel as files. Names below assets/ hold the digest of their content and never change; every other address of
 * the panel is its one page, which is asked for anew each time.
 */
export const servePanel = async (server: FastifyInstance, folder: string): Promise<void> => {
  await server.register(fastifyStatic, { root: folder, serve: false, cacheControl: false, dotfiles: 'deny' });
  const files = new Set(existsSync(folder) ? await readdir(folder) : []);
  server.get('/', (_, reply) => reply.redirect('/panel/'));
  server.get('/panel', (_, reply) => reply.redirect('/panel/'));
  server.get<{ Params: { '*': string } }>('/panel/*', (request, reply) => {
    const path = request.params['*'];
    const isAsset = path.startsWith('assets/');
    if (isAsset && !existsSync(join(folder, path)))
      throw new GatehouseError('request.not_found', 'The panel has no such file. Load the page again.');
    const file = isAsset || (path !== '' && files.has(path)) ? path : 'index.html';
    if (!files.has('index.html'))
      throw new GatehouseError('request.not_found', 'The panel is not built. Run `make setup`.');
    const cache = isAsset ? `public, max-age=${year}, immutable` : 'no-cache';
    return reply.header('cache-control', cache).sendFile(file);
  });
};
