import { type Permission, type Route } from '@gatehouse/contracts';
import {
  applyDecorators,
  createParamDecorator,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readInput } from '../body/input.js';
import { askedBy } from './request.js';
import { served, type ServedName } from './route.table.js';

export const servesKey = 'gatehouse:serves';
export const accessKey = 'gatehouse:access';

/** First success of a route; where it has several, the handler answers with one of them. */
const statusOf = ({ answers }: Route): number => Math.min(...Object.keys(answers).map(Number));

/** Binds a handler to an address of the contracts: method, path and status come from there. */
export const Serves = (name: ServedName): MethodDecorator => {
  const found = served.get(name);
  if (found === undefined) throw new Error(`The contracts have no route ${name}.`);
  return applyDecorators(
    SetMetadata(servesKey, name),
    RequestMapping({
      method: RequestMethod[found.route.method],
      path: found.path.replace(/\{([a-z]+)\}/gi, ':$1'),
    }),
    HttpCode(statusOf(found.route)),
  );
};

/** The caller needs this permission. */
export const Can = (permission: Permission): MethodDecorator => SetMetadata(accessKey, permission);
/** Nobody has to be known here. */
export const Public = (): MethodDecorator => SetMetadata(accessKey, 'public');
/** The caller shows the token of the lease that the address names. */
export const LeaseBound = (): MethodDecorator => SetMetadata(accessKey, 'lease');

const nameOf = (context: ExecutionContext): ServedName =>
  Reflect.getMetadata(servesKey, context.getHandler()) as ServedName;
const requestOf = (context: ExecutionContext): FastifyRequest =>
  context.switchToHttp().getRequest<FastifyRequest>();

/** Parameters, query and body, read by the schemas of the route. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) =>
  readInput(requestOf(context), served.get(nameOf(context))!.route),
);

/** The principal that the guard let in. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => askedBy(requestOf(context)).principal,
);

/** The lease whose token the guard has checked. */
export const Lease = createParamDecorator(
  (_: unknown, context: ExecutionContext) => askedBy(requestOf(context)).lease,
);
