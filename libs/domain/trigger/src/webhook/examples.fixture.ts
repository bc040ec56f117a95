import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface ExampleGroup {
  readonly name: string;
  readonly examples: readonly Record<string, unknown>[];
}

/** What GitHub's own documentation shows of every event: 58 groups. */
export const exampleGroups = (): ExampleGroup[] => {
  const file = createRequire(import.meta.url).resolve('@octokit/webhooks-examples/api.github.com/index.json');
  return JSON.parse(readFileSync(file, 'utf8')) as ExampleGroup[];
};
