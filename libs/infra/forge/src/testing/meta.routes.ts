import { userShape } from './account.shape.js';
import { notFound, ok, refused } from './answer.js';
import type { Route } from './call.js';
import type { MetaShape } from './github.types.js';

export const metaRoutes: Route[] = [
  {
    method: 'GET',
    pattern: '/meta',
    handle: () =>
      ok({
        verifiable_password_authentication: false,
        hooks: ['127.0.0.1/32'],
        web: ['127.0.0.1/32'],
        api: ['127.0.0.1/32'],
        git: ['127.0.0.1/32'],
      } satisfies MetaShape),
  },
  {
    method: 'GET',
    pattern: '/user',
    handle: ({ world, caller }) => {
      if (caller.kind === 'anonymous') return refused(401, 'Requires authentication');
      if (caller.kind !== 'user') return refused(403, 'Resource not accessible by integration');
      return ok(userShape(world, caller.token.account));
    },
  },
  {
    method: 'GET',
    pattern: '/users/:login',
    handle: ({ world, params }) => {
      const account = world.accounts.get((params.login ?? '').toLowerCase());
      return account ? ok(userShape(world, account)) : notFound;
    },
  },
];
