import { lintSource } from '@secretlint/core';
import { rules as secretlintRules } from '@secretlint/secretlint-rule-preset-recommend';
import { RE2JS } from 're2js';
import type { TokenRule } from './token.rules.js';

/** One rule over the windows of its candidates: never over more than they hold together. */
export type Confirm = (text: string) => Promise<readonly { readonly token: string; readonly at: number }[]>;

/** A rule that lets a comment in the file silence the others is none of these. */
const ruleOf = (name: string): (typeof secretlintRules)[number] => {
  const rule = secretlintRules.find(({ meta }) => meta.id === `@secretlint/secretlint-rule-${name}`);
  if (rule === undefined) throw new TypeError(`secretlint has no rule ${name}`);
  return rule;
};

const bySecretlint = (name: string): Confirm => {
  const rule = ruleOf(name);
  // Its types hold every rule of a preset to the options of one.
  const config = { rules: [{ id: rule.meta.id, rule }] } as unknown as Parameters<
    typeof lintSource
  >[0]['options']['config'];
  return async (content) => {
    const { messages } = await lintSource({
      source: { filePath: '/window.txt', content, ext: '.txt', contentType: 'text' },
      options: { noPhysicFilePath: true, config },
    });
    return messages.flatMap((message) =>
      message.type === 'message'
        ? [{ token: content.slice(message.range[0], message.range[1]), at: message.range[0] }]
        : [],
    );
  };
};

const byPattern = (pattern: string): Confirm => {
  const compiled = RE2JS.compile(pattern);
  return (text) => {
    const found: { token: string; at: number }[] = [];
    const matcher = compiled.matcher(text);
    while (matcher.find()) found.push({ token: matcher.group(1) ?? '', at: matcher.start(1) });
    return Promise.resolve(found);
  };
};

const made = new Map<string, Confirm>();

export const confirmOf = ({ id, confirm }: TokenRule): Confirm => {
  const known =
    made.get(id) ?? ('secretlint' in confirm ? bySecretlint(confirm.secretlint) : byPattern(confirm.pattern));
  made.set(id, known);
  return known;
};
