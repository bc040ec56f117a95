import { request } from 'node:http';

export interface ReadEvents {
  /** Ids in the order in which they came. */
  readonly seqs: readonly number[];
  /** All that came, as it came. */
  readonly text: string;
}

export interface Reading {
  readonly url: string;
  readonly token: string;
  readonly sessionId: string;
  readonly after?: number;
  /** Asked at every piece that comes; true cuts the line. */
  readonly until: (read: ReadEvents) => boolean;
}

const idsIn = (text: string): number[] =>
  // What has no empty line behind it yet did not come whole, and a browser would not have seen it either.
  [...text.slice(0, text.lastIndexOf('\n\n') + 2).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

/** One line of server-sent events, read like a browser does until enough has come or the server ends it. */
export const readEvents = ({ url, token, sessionId, after, until }: Reading): Promise<ReadEvents> =>
  new Promise((done, fail) => {
    let text = '';
    const read = (): ReadEvents => ({ seqs: idsIn(text), text });
    const line = request(
      `${url}/api/v1/sessions/${sessionId}/events`,
      {
        agent: false,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'text/event-stream',
          ...(after !== undefined && { 'last-event-id': String(after) }),
        },
      },
      (response) => {
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
          if (until(read())) line.destroy();
        });
        response.once('close', () => done(read()));
      },
    );
    line.once('error', (error) => (text === '' ? fail(error) : done(read())));
    line.end();
  });
