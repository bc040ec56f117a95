import { randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatehouseError } from '@gatehouse/contracts';
import type { AppManifest } from '@gatehouse/forge';

/** Shows a page; ends when it has left, since the process may end next. */
type Answer = (html: string) => Promise<void>;

/** A door on loopback: its page sends the manifest to GitHub, which leads the browser back to it with a code. */
export interface SetupDoor {
  /** What a person opens. Only who is told the address finds the page. */
  readonly page: string;
  /** The code, and what the browser is to show then. */
  readonly arrived: Promise<{ readonly code: string; readonly answer: Answer }>;
  close(): void;
}

export interface SetupWishes {
  readonly port: number;
  /** Where the form goes. */
  readonly formUrl: string;
  readonly manifestFor: (redirectUrl: string) => AppManifest;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${String(sign.charCodeAt(0))};`);

/** A page of ours: a heading and what is below it. */
export const setupPage = (heading: string, below: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gatehouse</title><style>body{font:16px/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style><h1>${escaped(heading)}</h1>${below}</html>\n`;

/** A link in such a page. */
export const setupLink = (href: string, words: string): string =>
  `<p><a href="${escaped(href)}">${escaped(words)}</a></p>`;

export const openSetupDoor = async ({ port, formUrl, manifestFor }: SetupWishes): Promise<SetupDoor> => {
  const [path, state] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  }).catch((cause: unknown) => {
    throw new GatehouseError('request.invalid', `Port ${port} cannot be used. Name another with --port.`, {
      cause,
    });
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manifest = manifestFor(`${origin}/created`);
  const send = (response: ServerResponse, status: number, html: string): Promise<void> =>
    new Promise((done) => {
      response.once('close', done);
      response
        .writeHead(status, {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
          'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; form-action ${origin} ${new URL(formUrl).origin}; frame-ancestors 'none'`,
          connection: 'close',
        })
        .end(html);
    });
  const form = setupPage(
    'Make the GitHub App',
    `<p>GitHub shows what the App may do, and lets you change its name.</p><form method="post" action="${escaped(`${formUrl}?state=${state}`)}"><input type="hidden" name="manifest" value="${escaped(JSON.stringify(manifest))}"><button>Go to GitHub</button></form>`,
  );
  const arrived = new Promise<{ code: string; answer: Answer }>((done) => {
    server.on('request', (request, response) => {
      const { url = '/' } = request;
      const asked = new URL(URL.canParse(url, origin) ? url : '/', origin);
      if (request.method === 'GET' && asked.pathname === `/${path}`) return void send(response, 200, form);
      const code = asked.searchParams.get('code');
      // Somebody else's App would come with another state, or none.
      if (asked.pathname === '/created' && code !== null && asked.searchParams.get('state') === state)
        return done({ code, answer: (html) => send(response, 200, html) });
      return void send(response, 404, setupPage('There is nothing here', ''));
    });
  });
  return { page: `${origin}/${path}`, arrived, close: () => void server.close() };
};
