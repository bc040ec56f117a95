import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withTables } from '../webhook/docs.table.js';
import { exampleGroups } from '../webhook/examples.fixture.js';
import { readDelivery } from '../webhook/reading.js';
import { eventHandlers } from './index.js';

const inFolder = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.handler.ts') && file !== 'event.handler.ts')
  .map((file) => file.slice(0, -'.handler.ts'.length).replaceAll('-', '_'));

describe('the registry', () => {
  it('holds exactly the handlers of this folder, each under the name of its event', () => {
    expect(eventHandlers.map(({ event }) => event).sort()).toEqual(inFolder.sort());
  });

  it('is what the documentation says', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../../docs/webhooks.md'), 'utf8');
    const bare = (text: string) => text.replace(/[ -]{2,}| (?=\|)/g, '');
    expect(bare(page)).toBe(bare(withTables(page)));
  });

  it('is what the manifest of the App asks for, but for those that GitHub sends every App', () => {
    const path = join(import.meta.dirname, '../../../../../examples/github/app-manifest.json');
    const { default_events: asked } = JSON.parse(readFileSync(path, 'utf8')) as { default_events: string[] };
    const unasked = ['installation', 'installation_repositories'];
    expect([...asked].sort()).toEqual(
      eventHandlers
        .map(({ event }) => event)
        .filter((event) => !unasked.includes(event))
        .sort(),
    );
  });
});

const groups = exampleGroups();
const read = (event: string, payload: unknown): string => {
  const reading = readDelivery(event, payload, undefined);
  if (!reading.ok) return reading.message;
  return reading.intent.kind === 'ignore' ? reading.intent.because : reading.intent.kind;
};

describe('the examples of GitHub', () => {
  it('are 58 groups, and each of them can be read', () => {
    expect(groups).toHaveLength(58);
    for (const { name, examples } of groups)
      for (const example of examples) expect(readDelivery(name, example, undefined).ok).toBe(true);
  });

  it('are ignored where no handler is, or not for that action', () => {
    const kinds = new Map(
      groups.map(({ name, examples }) => [name, [...new Set(examples.map((one) => read(name, one)))].sort()]),
    );
    const handled = eventHandlers.map(({ event }) => event);
    for (const [name, seen] of kinds)
      if (!handled.includes(name)) expect([name, seen]).toEqual([name, ['event']]);
    expect(Object.fromEntries(handled.map((event) => [event, kinds.get(event)]))).toMatchInlineSnapshot(`
      {
        "installation": [
          "access",
          "action",
        ],
        "installation_repositories": [
          "access",
        ],
        "issue_comment": [
          "action",
          "command",
        ],
        "issues": [
          "action",
          "label",
        ],
        "pull_request": [
          "action",
          "look",
        ],
        "pull_request_review": [
          "comment",
          "dismissal",
        ],
        "pull_request_review_comment": [
          "action",
          "command",
        ],
        "push": [
          "fetch",
          "ref",
        ],
        "repository": [
          "action",
          "relocate",
        ],
      }
    `);
  });
});

describe('any payload', () => {
  const names = eventHandlers.map(({ event }) => event);

  it('can be read or is told why not, never a throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names, 'ping'), fc.jsonValue({ maxDepth: 4 }), (event, payload) => {
        expect(typeof readDelivery(event, payload, undefined).ok).toBe('boolean');
      }),
    );
  });

  it('of the examples with one value replaced by another', () => {
    const some = groups
      .filter(({ name }) => names.includes(name))
      .flatMap(({ name, examples }) => examples.map((one) => ({ name, one })));
    const odd = fc.constantFrom<unknown>(null, 0, -1, 1.5, '', 'x', [], {}, true, '\ud800', '__proto__');
    fc.assert(
      fc.property(fc.constantFrom(...some), fc.nat(), odd, ({ name, one }, at, value) => {
        const copy = structuredClone(one);
        const places: [Record<string, unknown>, string][] = [];
        const walk = (node: unknown): void => {
          if (node === null || typeof node !== 'object') return;
          for (const key of Object.keys(node)) {
            places.push([node as Record<string, unknown>, key]);
            walk((node as Record<string, unknown>)[key]);
          }
        };
        walk(copy);
        const [node, key] = places[at % places.length]!;
        node[key] = value;
        expect(typeof readDelivery(name, copy, '1').ok).toBe('boolean');
      }),
    );
  });

  it('of a bot is nobody’s wish', () => {
    const bot = { id: 1, login: 'x[bot]', type: 'Bot' };
    for (const { event, actions, needsPerson } of eventHandlers.filter((one) => one.needsPerson))
      for (const action of Object.keys(actions))
        expect([needsPerson, read(event, { action, sender: bot })]).toEqual([true, 'bot']);
  });

  it('of a fork is no pull request of ours', () => {
    const repo = (id: number) => ({ repo: { id } });
    const pull_request = { number: 1, head: { sha: 'a', ...repo(1) }, base: repo(2) };
    const sender = { id: 1, login: 'x', type: 'User' };
    expect(read('pull_request', { action: 'closed', sender, pull_request })).toBe('fork');
    expect(
      read('pull_request', {
        action: 'closed',
        sender,
        pull_request: { ...pull_request, head: { sha: 'a', repo: null } },
      }),
    ).toBe('fork');
  });
});
