import { GatehouseError } from '@gatehouse/contracts';

const unreachable = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'],
  // shut down by the administrator, crashed, starting up, too many connections
  ...['57P01', '57P02', '57P03', '53300'],
]);
const noSpace = new Set(['53100', 'ENOSPC']);
/** Serialization failure and deadlock: Postgres asks to run the transaction again. */
const again = new Set(['40001', '40P01']);

/** SQLSTATE or system error code, from pg itself or wrapped by TypeORM; undefined for any other error. */
export const codeOf = (error: unknown): string | undefined => {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: { code?: unknown } };
  const found = driverError?.code ?? code;
  return typeof found === 'string' ? found : undefined;
};

export const wantsRetry = (error: unknown): boolean => again.has(codeOf(error) ?? '');

/** True for a broken unique rule; with `constraint`, for that one only. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  codeOf(error) === '23505' &&
  (constraint === undefined ||
    ((error as { driverError?: { constraint?: string } }).driverError ?? (error as { constraint?: string }))
      .constraint === constraint);

const lost =
  /Connection terminated|timeout exceeded when trying to connect|connection timeout|Client has encountered/i;

/** The same error as `database.unavailable` or `storage.full` where it is one of these; else untouched. */
export const translate = (error: unknown): unknown => {
  if (error instanceof GatehouseError) return error;
  const code = codeOf(error) ?? '';
  if (noSpace.has(code))
    return new GatehouseError(
      'storage.full',
      'The database has no space left. Free space on its disk, then retry.',
      {
        cause: error,
      },
    );
  const isLost = error instanceof Error && lost.test(error.message);
  if (unreachable.has(code) || code.startsWith('08') || isLost)
    return new GatehouseError(
      'database.unavailable',
      'The database does not answer. Run `gatehouse doctor`.',
      {
        cause: error,
      },
    );
  return error;
};
