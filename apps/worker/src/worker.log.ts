import { pino, type DestinationStream, type Logger } from 'pino';

const secrets = ['token', 'authorization', 'grant.lease.token', 'headers.authorization'];

/** JSON lines on stdout. What is named like a credential never appears, however deep it was put by mistake. */
export const makeLog = (level: string, bindings: Record<string, unknown>, to?: DestinationStream): Logger => {
  const paths = secrets.flatMap((path) => [path, `*.${path}`, `*.*.${path}`]);
  const options = { level, base: bindings, redact: { paths, censor: '[redacted]' } };
  return to === undefined ? pino(options) : pino(options, to);
};
