import rateLimit from '@fastify/rate-limit';
import { GatehouseError, type ErrorCode, type Settings } from '@gatehouse/contracts';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';
import { AnsweringAdapter } from './answer.js';
import { loadCookies } from './cookies.js';
import { refuseForeignHost, servedHosts } from './origin.js';
import { asGatehouseError, problemHeaders, problemOf, problemType } from './problem.js';
import { pathOf } from './request.js';
import { securityHeaders } from './security.headers.js';

/** What a page of ours may load and do. The styles of the panel's library are written into the page. */
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Ids of streams hold names of branches. */
const maxParamLength = 2_000;
/** A request has to be here whole after this many milliseconds: an upload over a slow line takes its time. */
export const requestTimeout = 300_000;
/** Its headers have no such excuse. */
export const timeouts = { headersTimeout: 15_000, connectionsCheckingInterval: 5_000 };

/** The way out for errors that never come to Nest: of the router, and of pages. */
export const sendProblem = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const error = asGatehouseError(thrown);
  void reply
    .status(error.status)
    .headers({ ...problemHeaders(error), 'content-security-policy': contentPolicy })
    .type(problemType)
    .send(JSON.stringify(problemOf(error, request.id)));
};

const brokenBy: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['request.headers_too_large', 'The headers of a request have at most 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request.timed_out', 'The request did not come in time. Send it again.'],
};

/** The answer to bytes that never became a request. */
const brokenRequest = (cause: string | undefined): string => {
  const [code, message] = brokenBy[cause ?? ''] ?? [
    'request.malformed',
    'This is not an HTTP request that can be read.',
  ];
  const error = new GatehouseError(code, message);
  const body = JSON.stringify(problemOf(error, randomUUID()));
  return `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\ncontent-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
};

/** Says to a client what is wrong with its bytes, where it still listens. */
export const answerBrokenRequest = (
  { code }: { code?: string },
  socket: { writable: boolean; end(text: string): void; destroy(): void },
): void => {
  if (socket.writable) socket.end(brokenRequest(code));
  else socket.destroy();
};

/** The server below Nest, with nothing registered yet. */
export const makeAdapter = (settings: Settings, log: Logger): FastifyAdapter => {
  const { GATEHOUSE_TLS_CERT: cert, GATEHOUSE_TLS_KEY: key } = settings;
  const tls = cert !== undefined && key !== undefined;
  return new AnsweringAdapter({
    // There is no middleware of Nest here, so nothing has to look for it at each request.
    skipMiddie: true,
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // Every line that we log names its request; a logger for each of them would be made to say it once more.
    childLoggerFactory: (logger: FastifyBaseLogger) => logger,
    forceCloseConnections: true,
    return503OnClosing: false,
    requestTimeout,
    routerOptions: { maxParamLength },
    frameworkErrors: sendProblem,
    clientErrorHandler: answerBrokenRequest,
    ...(tls
      ? { https: { ...timeouts, cert: readFileSync(cert), key: readFileSync(key) } }
      : { http: timeouts }),
  } as unknown as FastifyServerOptions);
};

/** All that stands before the handlers. */
export const prepareServer = async (server: FastifyInstance, settings: Settings): Promise<void> => {
  const hosts = servedHosts(settings);
  // Bodies stay streams until the guard has let the caller in; `@Input` reads them.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const always = {
    ...(await securityHeaders({
      contentSecurityPolicy: false,
      referrerPolicy: { policy: 'same-origin' },
      hsts: settings.GATEHOUSE_TLS_CERT === undefined ? false : { maxAge: 31_536_000 },
    })),
    'content-security-policy': contentPolicy,
  };
  await loadCookies(server);
  await server.register(rateLimit, { global: false });
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(always).header('x-request-id', request.id);
    if (!request.url.startsWith('/panel') && !request.url.startsWith('/docs'))
      void reply.header('cache-control', 'no-store');
    try {
      refuseForeignHost(hosts, request.raw.headersDistinct['host']);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { statusCode } = reply;
    const level = statusCode >= 500 ? 'warn' : request.method === 'GET' ? 'debug' : 'info';
    if (!(request.log as unknown as Logger).isLevelEnabled(level)) return done();
    request.log[level](
      {
        requestId: request.id,
        method: request.method,
        path: pathOf(request),
        status: statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'answered',
    );
    done();
  });
};
