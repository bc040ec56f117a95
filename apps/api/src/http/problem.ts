import { errorCodes, GatehouseError, type ErrorCode, type Problem } from '@gatehouse/contracts';
import { codeOf, translate } from '@gatehouse/database';

export const problemType = 'application/problem+json; charset=utf-8';

/** HTTP status of an error of the framework → our code. */
const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'request.malformed',
  // A path that leads out of the folder of the panel.
  403: 'request.not_found',
  404: 'request.not_found',
  405: 'request.method_not_allowed',
  408: 'request.timed_out',
  413: 'request.too_large',
  414: 'request.malformed',
  415: 'request.unsupported_media',
  422: 'request.invalid',
  429: 'request.rate_limited',
  431: 'request.headers_too_large',
};

const details: Partial<Record<ErrorCode, string>> = {
  'request.not_found': 'There is nothing at this address. /openapi.json lists what there is.',
  'request.too_large': 'The request is too large.',
  'request.unsupported_media': 'This content type is not read here.',
};

/** Text that Postgres cannot hold (NUL, broken escapes): the caller's, wherever it slipped through. */
const unstorable = new Set(['22021', '22P05']);

const statusOf = (error: unknown): number | undefined => {
  const { statusCode, status } = (error ?? {}) as { statusCode?: unknown; status?: unknown };
  const found = statusCode ?? status;
  return typeof found === 'number' ? found : undefined;
};

/** Every error as one of ours; what nobody foresaw is a bug. */
export const asGatehouseError = (error: unknown): GatehouseError => {
  if (error instanceof GatehouseError) return error;
  const known = translate(error);
  if (known instanceof GatehouseError) return known;
  if (unstorable.has(codeOf(error) ?? ''))
    return new GatehouseError('request.invalid', 'A text in the request cannot be stored.', { cause: error });
  const code = byStatus[statusOf(error) ?? 0];
  if (code !== undefined)
    return new GatehouseError(code, details[code] ?? 'The request cannot be read.', { cause: error });
  return new GatehouseError('internal.unexpected', 'Something broke on our side.', { cause: error });
};

/** RFC 9457. A bug says nothing about itself: its cause is in the log under the same id. */
export const problemOf = (error: GatehouseError, requestId: string): Problem & Record<string, unknown> => {
  const { errors, retryAfter: _inHeader, ...facts } = error.details ?? {};
  const isTheirs = error.fault === 'caller' || error.fault === 'conflict';
  return {
    type: `urn:gatehouse:error:${error.code}`,
    title: errorCodes[error.code].title,
    status: error.status,
    code: error.code,
    detail:
      error.fault === 'bug'
        ? `Something broke on our side. Look for ${requestId} in the log of the api.`
        : error.message,
    instance: requestId,
    ...(Array.isArray(errors) && { errors: errors as Problem['errors'] }),
    ...(isTheirs && Object.keys(facts).length > 0 && { details: facts }),
  };
};

/** Headers that belong to a problem. */
export const problemHeaders = (error: GatehouseError): Record<string, string> => {
  const { retryAfter } = error.details ?? {};
  return {
    'cache-control': 'no-store',
    ...(typeof retryAfter === 'number' && { 'retry-after': String(retryAfter) }),
    ...(error.status === 503 && { 'retry-after': '1' }),
    ...(error.status === 401 && { 'www-authenticate': 'Bearer realm="gatehouse"' }),
  };
};
