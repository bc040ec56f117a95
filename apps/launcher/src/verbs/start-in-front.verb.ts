import type { Installation } from '../installation.js';
import { readStatus } from '../supervisor/status.js';
import type { Output } from './output.js';
import { announce, fail } from './start.verb.js';
import { supervise } from './supervise.verb.js';

/** Runs the plane in front, until Ctrl-C or SIGTERM. */
export const startInFront = async (installation: Installation, output: Output): Promise<number> => {
  const outcome = await supervise(installation, {
    onStep: (step) => output.say(step),
    onReady: (url) => {
      void announce(installation, url, false, output).then(() => output.say('Ctrl-C ends it.'));
    },
  });
  if (outcome.kind === 'ended') {
    output.say('Gatehouse has stopped.');
    return 0;
  }
  if (outcome.kind === 'failed') return fail(output, outcome.reason, installation);
  const url = readStatus(installation.paths.status)?.url;
  return url
    ? announce(installation, url, true, output)
    : fail(output, 'another start is under way.', installation);
};
