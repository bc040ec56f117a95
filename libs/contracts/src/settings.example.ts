import type { z } from 'zod';
import { settings } from './settings.js';

/** The default as a person would write it: of a length of time its text, not its milliseconds. */
const defaultOf = (schema: z.core.$ZodType): string => {
  const { def } = schema._zod as z.core.$ZodTypes['_zod'];
  if (def.type === 'pipe') return defaultOf(def.in);
  if (def.type !== 'default') return '';
  return typeof def.defaultValue === 'boolean' ? String(Number(def.defaultValue)) : String(def.defaultValue);
};

/** The text of `.env.example`: every setting with its meaning and default, all commented out. */
export const envExample = (): string =>
  [
    '# Every setting of Gatehouse, with its default. All are optional.',
    '# Printed from libs/contracts/src/settings.ts by: node libs/contracts/scripts/print-env-example.mjs',
    '',
    ...Object.entries(settings).map(
      ([name, { summary, schema }]) => `# ${summary}.\n# ${name}=${defaultOf(schema)}\n`,
    ),
  ].join('\n');
