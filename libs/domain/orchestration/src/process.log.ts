import { GatehouseError, type Fault } from '@gatehouse/contracts';
import { describeError } from '@gatehouse/tasks';
import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

const secrets = ['token', 'authorization', 'password', 'secret', 'DATABASE_URL', 'REDIS_URL'];

/** JSON lines on stdout. What is named like a credential never appears. */
export const makeLog = (level: string, name: string): Logger =>
  pino({
    level,
    base: { process: name },
    redact: { paths: secrets.flatMap((secret) => [secret, `*.${secret}`]), censor: '[redacted]' },
  });

const levels: Readonly<Record<Fault, 'info' | 'warn' | 'error'>> = {
  caller: 'info',
  conflict: 'info',
  outage: 'warn',
  bug: 'error',
};

/** Logs an error at the level its fault demands; the stack of a bug only, since the others explain themselves. */
export const logError = (log: Logger, error: unknown, message: string, facts: object = {}): void => {
  const level = error instanceof GatehouseError ? levels[error.fault] : 'error';
  const stack = level === 'error' && error instanceof Error ? { stack: error.stack } : {};
  log[level]({ ...facts, error: describeError(error), ...stack }, message);
};

/** What Nest itself says, into the same log; its chatter about modules is for debugging only. */
export const nestLog = (log: Logger): LoggerService => {
  const say = (level: 'debug' | 'warn' | 'error' | 'fatal') => (message: unknown) =>
    log[level]({ part: 'nest' }, message instanceof Error ? message.message : String(message));
  return {
    log: say('debug'),
    debug: say('debug'),
    verbose: say('debug'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('fatal'),
  };
};
