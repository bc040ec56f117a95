import { GatehouseError } from '@gatehouse/contracts';

/** Longest answer that is read, decompressed. */
const maxBytes = 8 << 20;
const maxRedirects = 3;

export interface TransportOptions {
  /** From the first byte sent to the last one read. */
  readonly timeoutMs: number;
}

const broken = (why: string, cause?: unknown): GatehouseError =>
  new GatehouseError(
    'forge.unavailable',
    `GitHub could not be asked: ${why}. This is tried again by itself; check the network and GATEHOUSE_GITHUB_API_URL if it stays.`,
    { cause },
  );

const read = async (response: Response): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body === null) return Buffer.alloc(0);
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes)
      throw new GatehouseError('forge.unavailable', `GitHub's answer is longer than ${maxBytes} bytes.`, {
        details: { tooLong: true },
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const wordOf = (error: unknown): string => {
  const { name, cause } = error as { readonly name?: unknown; readonly cause?: { readonly code?: unknown } };
  if (name === 'TimeoutError' || name === 'AbortError') return 'it did not answer in time';
  return typeof cause?.code === 'string' ? `the connection broke (${cause.code})` : 'the connection broke';
};

/** The next address, or why we do not go there: an answer never leads the credential to another host. */
const follow = (response: Response, from: URL, method: string): URL => {
  const location = response.headers.get('location') ?? '';
  if (!URL.canParse(location, from.href)) throw broken('it sends us nowhere');
  const to = new URL(location, from);
  if (to.origin !== from.origin) throw broken('it sends us to another host, where we do not follow');
  if (method !== 'GET' && response.status !== 307 && response.status !== 308)
    throw broken('it sends a write elsewhere; the repository may have another name now');
  return to;
};

/**
 * A `fetch` for Octokit that answers within its time or throws `forge.unavailable`: the answer is read whole, its
 * length is bounded, redirects stay on the host, and the body of a refusal is JSON whatever was sent.
 */
export const makeFetch =
  ({ timeoutMs }: TransportOptions): typeof fetch =>
  async (input, init = {}) => {
    let url = new URL(String(input));
    const method = (init.method ?? 'GET').toUpperCase();
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      for (let hop = 0; ; hop++) {
        const response = await fetch(url, { ...init, redirect: 'manual', signal });
        const { status } = response;
        const bytes = await read(response);
        if ([301, 302, 303, 307, 308].includes(status)) {
          if (hop === maxRedirects) throw broken('it sends us in circles');
          url = follow(response, url, method);
          continue;
        }
        if (status >= 400) return refusal(response, bytes);
        if (status === 204 || status === 205)
          return new Response(null, { status, headers: response.headers });
        if (status < 200 || status > 299) throw broken(`it answered ${status}`);
        if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(response.headers.get('content-type') ?? ''))
          throw broken('its answer is not JSON; a proxy may stand in between');
        return new Response(new Uint8Array(bytes), { status, headers: response.headers });
      }
    } catch (error) {
      if (error instanceof GatehouseError) throw error;
      throw broken(wordOf(error), error);
    }
  };

/** Octokit trips over bodies that are not what GitHub documents. */
const refusal = (response: Response, bytes: Buffer): Response => {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString('utf8'));
  } catch {
    body = undefined;
  }
  const { message, errors } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  const headers = new Headers(response.headers);
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  headers.delete('content-encoding');
  headers.delete('deprecation');
  return new Response(
    JSON.stringify({
      message: typeof message === 'string' ? message.slice(0, 1000) : '',
      errors: Array.isArray(errors) ? errors.slice(0, 20) : [],
    }),
    { status: response.status, headers },
  );
};
