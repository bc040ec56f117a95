import { describe, expect, it } from '@jest/globals';
import { TriggerDocument } from '@gatehouse/contracts';
import { checkDocument } from '../../elements/document.check.js';
import { commandLine, listensTo, ofStrangers, triggerSentence } from './trigger.words.js';
import { triggerTemplates } from './trigger.templates.js';

const check = (text: string) => checkDocument<TriggerDocument>(TriggerDocument, text, '');
const document = (i: number): TriggerDocument => {
  const read = check(triggerTemplates[i]!.text('acme/widgets'));
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return TriggerDocument.parse(read.document);
};

describe('triggerTemplates', () => {
  it.each(triggerTemplates)('$id is valid as it stands', ({ text }) => {
    expect(check(text('acme/widgets')).faults).toEqual([]);
  });

  it('says at which line a field is wrong', () => {
    const text = triggerTemplates[0]!.text('acme/widgets').replace('permission: write ', 'permission: read ');
    const line = text.split('\n').findIndex((one) => one.includes('permission: read')) + 1;
    expect(check(text).faults).toMatchObject([{ path: 'spec.who.permission', line }]);
  });
});

describe('a trigger with a choice left out', () => {
  it('is told that the field is needed, and not that its input is invalid', () => {
    const text = triggerTemplates[0]!.text('acme/widgets').replace(/ {2}on:.*\n/, '');
    expect(check(text).faults).toMatchObject([{ path: 'spec.on', message: 'This field is needed.' }]);
  });
});

describe('words of a trigger', () => {
  it('says what sets it off and who may', () => {
    expect([document(0), document(1)].map(({ spec }) => listensTo(spec).text)).toEqual([
      'gatehouse:run',
      '/gatehouse run',
    ]);
    expect(triggerSentence(document(0).spec)).toBe(
      'The label gatehouse:run on an issue of acme/widgets makes a job, for whoever may write to the repository.',
    );
    expect(ofStrangers({ who: { permission: 'write', unknown: 'refuse' } })).toMatch(/refused/);
  });

  it('writes a command so that its arguments can be told apart', () => {
    expect(commandLine(['sh', '-c', "echo it's"])).toBe(String.raw`sh -c 'echo it'\''s'`);
  });
});
