import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from '@jest/globals';
import { isLoopback } from '@gatehouse/contracts';
import { refuseForeignHost, refuseForeignOrigin, servedHosts } from './origin.js';

const refuses = (work: () => void): boolean => {
  try {
    work();
    return false;
  } catch {
    return true;
  }
};

describe('hosts', () => {
  const hosts = servedHosts({ GATEHOUSE_HOST: '0.0.0.0', GATEHOUSE_PUBLIC_HOSTS: ' Gate.example.com ,' });
  it.each(['127.0.0.1:7070', 'localhost', '[::1]:7070', 'GATE.example.com:443'])('serves %s', (host) => {
    expect(refuses(() => refuseForeignHost(hosts, [host]))).toBe(false);
  });
  it.each([
    undefined,
    '',
    'evil.com',
    '0.0.0.0',
    'localhost.evil.com',
    'gate.example.com.',
    '127.0.0.1@evil.com',
  ])('refuses %s', (host) => {
    expect(refuses(() => refuseForeignHost(hosts, host === undefined ? undefined : [host]))).toBe(true);
  });
  it('refuses two at once, whatever they are', () => {
    expect(refuses(() => refuseForeignHost(hosts, ['localhost', 'localhost']))).toBe(true);
  });
  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['127.0.0.1.evil.com', false],
  ])('%s is loopback: %s', (host, is) => {
    expect(isLoopback(host)).toBe(is);
  });
});

describe('origins of writes', () => {
  const asked = (headers: Record<string, string>, cookie = true, tls = false): boolean =>
    refuses(() =>
      refuseForeignOrigin(
        { headers: { host: 'gate:1', ...headers } } as unknown as FastifyRequest,
        tls,
        cookie,
      ),
    );
  it.each([
    ['our own', { origin: 'http://gate:1' }, false],
    ['our own behind a proxy with TLS', { origin: 'https://gate:1' }, false],
    ['same-origin without an origin', { 'sec-fetch-site': 'same-origin' }, false],
    ['none at all', {}, true],
    ['a foreign one', { origin: 'http://evil' }, true],
    ['another port', { origin: 'http://gate:2' }, true],
    ['null', { origin: 'null' }, true],
    ['cross-site that claims to be ours', { origin: 'http://gate:1', 'sec-fetch-site': 'cross-site' }, true],
    ['a sister site', { origin: 'http://gate:1', 'sec-fetch-site': 'same-site' }, true],
  ])('with a cookie: %s', (_, headers, refused) => {
    expect(asked(headers)).toBe(refused);
  });
  it('takes plain HTTP for foreign where we serve TLS', () => {
    expect(asked({ origin: 'http://gate:1' }, true, true)).toBe(true);
  });
  it('lets a script without a cookie be, and no foreign page', () => {
    expect([asked({}, false), asked({ origin: 'http://evil' }, false)]).toEqual([false, true]);
  });
});
