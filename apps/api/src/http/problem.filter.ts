import { GatehouseError } from '@gatehouse/contracts';
import { logError } from '@gatehouse/orchestration';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { asGatehouseError, problemHeaders, problemOf, problemType } from './problem.js';
import { pathOf } from './request.js';
import { methodsAt } from './route.table.js';

/** An address that is there, asked with a method that it does not answer, is not a missing address. */
const orMethod = (
  error: GatehouseError,
  request: FastifyRequest,
): { error: GatehouseError; allow?: string } => {
  if (error.code !== 'request.not_found' || error.cause === undefined) return { error };
  const methods = methodsAt(pathOf(request));
  if (methods.length === 0 || methods.includes(request.method)) return { error };
  const allow = methods.join(', ');
  return {
    allow,
    error: new GatehouseError('request.method_not_allowed', `This address answers ${allow} only.`),
  };
};

/** The one way out for every error: logged by its fault, answered as a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { error, allow } = orMethod(asGatehouseError(thrown), request);
    if (error.fault === 'bug' || error.fault === 'outage')
      logError(
        request.log as unknown as Logger,
        error.fault === 'bug' ? (error.cause ?? error) : error,
        'a request failed',
        {
          requestId: request.id,
          code: error.code,
        },
      );
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    void reply
      .status(error.status)
      .headers({ ...problemHeaders(error), ...(allow !== undefined && { allow }) })
      .type(problemType)
      .send(JSON.stringify(problemOf(error, request.id)));
  }
}
