import { z } from 'zod';
import { ignore } from '../intent.js';
import { Issue, text } from '../webhook/payload.js';
import { snapshotOf } from '../snapshot.js';
import { eventHandler } from './event.handler.js';

export const issues = eventHandler({
  event: 'issues',
  actions: { labeled: 'a trigger that listens to the label makes a job' },
  summary: 'An issue got a label',
  needsPerson: true,
  payload: z.object({ issue: Issue, label: z.object({ name: text(200) }).optional() }),
  handle: ({ issue, label }) => {
    if (label === undefined) return ignore('trigger');
    if (issue.state !== 'open') return ignore('closed');
    // The same label set again is another moment of the issue; the same delivery sent again is not.
    const cause = `label:${issue.number}:${label.name}:${issue.updated_at}`;
    return { kind: 'label', label: label.name, issue: snapshotOf(issue), cause };
  },
});
