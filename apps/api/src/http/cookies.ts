import cookies from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const { parse, serialize } = cookies.fastifyCookie;

export type CookieSettings = NonNullable<Parameters<typeof serialize>[2]>;

/**
 * The plugin loads what it reads and writes cookies with when it is registered. Aside, and so without its two hooks:
 * all but a panel's requests come without a cookie, and only signing in and out answers with one.
 */
export const loadCookies = async (server: FastifyInstance): Promise<void> => {
  await server.register(async (aside) => void (await aside.register(cookies, { hook: false })));
};

export const cookieOf = ({ headers }: FastifyRequest, name: string): string | undefined =>
  headers.cookie === undefined ? undefined : parse(headers.cookie)[name];

export const setCookie = (reply: FastifyReply, name: string, value: string, settings: CookieSettings): void =>
  void reply.header('set-cookie', serialize(name, value, settings));

/** Settings have to be those that it was set with. */
export const clearCookie = (reply: FastifyReply, name: string, settings: CookieSettings): void =>
  setCookie(reply, name, '', { ...settings, expires: new Date(0), maxAge: 0 });
