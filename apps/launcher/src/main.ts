import { GatehouseError } from '@gatehouse/contracts';
import { readInstallation } from './installation.js';
import { doctor } from './verbs/doctor.verb.js';
import { makeOutput } from './verbs/output.js';
import { start, startInFront } from './verbs/start.verb.js';
import { status } from './verbs/status.verb.js';
import { stop } from './verbs/stop.verb.js';
import { supervise } from './verbs/supervise.verb.js';

const usage = 'usage: start [--foreground] | stop | status | doctor, each with [--json]';

const run = async (verb: string | undefined, flags: readonly string[]): Promise<number> => {
  const unknown = flags.filter((flag) => flag !== '--json' && !(verb === 'start' && flag === '--foreground'));
  const output = makeOutput(flags.includes('--json'));
  if (unknown.length > 0) {
    process.stderr.write(`${unknown.join(' ')} is not known here. ${usage}\n`);
    return 2;
  }
  switch (verb) {
    case 'start':
      return flags.includes('--foreground')
        ? startInFront(readInstallation(), output)
        : start(readInstallation(), output);
    case 'stop':
      return stop(readInstallation(), output);
    case 'status':
      return status(readInstallation(), output);
    case 'doctor':
      return doctor(output);
    case 'supervise': {
      // What `start` runs in the background; its words are in the status file.
      const outcome = await supervise(readInstallation(), {
        onStep: () => undefined,
        onReady: () => undefined,
      });
      return outcome.kind === 'failed' ? 1 : 0;
    }
    default:
      process.stderr.write(`${usage}\n`);
      return 2;
  }
};

const [verb, ...flags] = process.argv.slice(2);
try {
  process.exit(await run(verb, flags));
} catch (error) {
  if (!(error instanceof GatehouseError)) throw error;
  if (flags.includes('--json'))
    process.stdout.write(`${JSON.stringify({ ok: false, error: error.message })}\n`);
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
