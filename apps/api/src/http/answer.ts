import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';

/** A body with a status other than the first success of its route. */
export class Answer {
  constructor(
    readonly status: number,
    readonly body?: unknown,
  ) {}
}

/**
 * Takes an `Answer` apart on its way out. An interceptor would be the usual place; but with the first one Nest wraps
 * every call in a chain of observables, which took a fifth of the time of a small answer.
 */
export class AnsweringAdapter extends FastifyAdapter {
  override reply(
    response: Parameters<FastifyAdapter['reply']>[0],
    body: unknown,
    statusCode?: number,
  ): FastifyReply {
    return body instanceof Answer
      ? super.reply(response, body.body, body.status)
      : super.reply(response, body, statusCode);
  }
}
