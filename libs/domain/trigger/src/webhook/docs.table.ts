import { eventHandlers } from '../events/index.js';
import { ignoredReasons } from '../intent.js';

/** What is done about each event, as docs/webhooks.md has it. */
export const eventTable = (): string =>
  [
    '| event | action | what is done |',
    '| ----- | ------ | ------------ |',
    ...eventHandlers.flatMap(({ event, actions }) =>
      Object.entries(actions).map(
        ([action, what]) => `| \`${event}\` | ${action === '' ? '' : `\`${action}\``} | ${what} |`,
      ),
    ),
    '| all others | | ignored |',
  ].join('\n');

/** Why a delivery was ignored. */
export const reasonTable = (): string =>
  Object.values(ignoredReasons)
    .map((reason) => `- ${reason}.`)
    .join('\n');

/** The page with both of them as they are now. */
export const withTables = (page: string): string =>
  page
    .replace(
      /(<!-- events -->\n)[^]*?(\n<!-- \/events -->)/,
      (_, a: string, b: string) => `${a}\n${eventTable()}\n${b}`,
    )
    .replace(
      /(<!-- reasons -->\n)[^]*?(\n<!-- \/reasons -->)/,
      (_, a: string, b: string) => `${a}\n${reasonTable()}\n${b}`,
    );
