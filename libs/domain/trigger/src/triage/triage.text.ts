import type { Triage } from './triage.js';

/** A proposal in our own words: nothing of the issue is repeated. */
export const triageText = ({ type, priority, duplicates, specific, missing }: Triage): string =>
  [
    '**Gatehouse** proposes, and changes nothing:',
    '',
    `- type: **${type}**`,
    `- priority: **${priority}**`,
    `- duplicates: ${duplicates.length === 0 ? 'none seen' : duplicates.map((number) => `#${number}`).join(', ')}`,
    `- specific enough to run on its own: **${specific ? 'yes' : 'no'}**${
      missing.length === 0 ? '' : `; missing: ${missing.join('; ')}`
    }`,
  ].join('\n');
