import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { RequestMethod } from '@nestjs/common';
import { controllers } from '../controllers.js';
import { methodsAt, served, type ServedName } from './route.table.js';
import { accessKey, servesKey } from './serves.js';

interface Handler {
  readonly name: string;
  readonly serves: ServedName | undefined;
  readonly access: string | undefined;
  readonly method: number;
  readonly path: string;
  readonly status: number;
}

const handlers: Handler[] = controllers.flatMap((controller) =>
  Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
    const handler = (Object.getOwnPropertyDescriptor(controller.prototype, name) as PropertyDescriptor)
      .value as unknown;
    if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
    const of = (key: string): never => Reflect.getMetadata(key, handler) as never;
    return [
      {
        name: `${controller.name}.${name}`,
        serves: of(servesKey),
        access: of(accessKey),
        method: of(METHOD_METADATA),
        path: of(PATH_METADATA),
        status: of(HTTP_CODE_METADATA),
      },
    ];
  }),
);

describe('all controllers together', () => {
  it('serve every route of the contracts, each once', () => {
    expect(handlers.map(({ serves }) => serves).sort()).toEqual([...served.keys()].sort());
  });

  it.each(handlers)('$name says who may, as the contracts do', ({ serves, access }) => {
    expect(access).toBeDefined();
    expect(access).toBe(served.get(serves as ServedName)?.route.access);
  });

  it.each(handlers)('$name has method, path and status of its route', ({ serves, method, path, status }) => {
    const { route, path: expected } = served.get(serves as ServedName)!;
    expect([RequestMethod[method], path.replace(/:([a-z]+)/gi, '{$1}')]).toEqual([route.method, expected]);
    expect(Object.keys(route.answers)).toContain(String(status));
  });
});

describe('methods at an address', () => {
  it.each([
    ['/api/v1/jobs', ['POST', 'GET']],
    ['/api/v1/jobs/job_1', ['GET']],
    ['/worker/v1/leases/lea_1/artifacts/sha256:0', ['GET', 'PUT']],
    ['/api/v1/nothing', []],
    ['/api/v1/jobsx', []],
  ])('%s', (path, methods) => {
    expect(methodsAt(path)).toEqual(methods);
  });
});
