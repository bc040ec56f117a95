import { Option, type Command } from 'commander';
import { CliFault } from './exit.code.js';

export interface ListOptions {
  readonly limit: string;
}

/** How much of a list to show, newest first. */
export const withLimit = (command: Command, fallback = '50'): Command =>
  command.addOption(new Option('--limit <n>', 'show at most this many').default(fallback));

/** Items to show, and the page size to ask for. */
export const limitOf = ({ limit }: ListOptions): { max: number; page: number } => {
  const max = Number(limit);
  if (!/^[1-9]\d{0,5}$/.test(limit)) {
    throw new CliFault('usage', `"${limit}" is not a number of rows`, 'give --limit 1 to 999999');
  }
  return { max, page: Math.min(max, 200) };
};

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

/** For options that may be given several times. */
export const gather = (value: string, before: readonly string[] = []): string[] => [...before, value];
