import { GatehouseError } from '@gatehouse/contracts';
import { readInstallation } from './installation.js';
import { makeOutput } from './verbs/output.js';

const usage =
  'usage: start [--foreground] | stop | status | doctor | github-setup --dir DIR, each with [--json]';

const run = async (verb: string | undefined, flags: readonly string[]): Promise<number> => {
  if (verb === 'github-setup') {
    const { githubSetup } = await import('./verbs/github-setup.verb.js');
    return githubSetup(readInstallation(), flags, makeOutput(flags.includes('--json')));
  }
  const unknown = flags.filter((flag) => flag !== '--json' && !(verb === 'start' && flag === '--foreground'));
  const output = makeOutput(flags.includes('--json'));
  if (unknown.length > 0) {
    process.stderr.write(`${unknown.join(' ')} is not known here. ${usage}\n`);
    return 2;
  }
  // Each verb is loaded when it is asked for: `status` needs no database driver.
  switch (verb) {
    case 'start':
      if (flags.includes('--foreground')) {
        const { startInFront } = await import('./verbs/start-in-front.verb.js');
        return startInFront(readInstallation(), output);
      } else {
        const { start } = await import('./verbs/start.verb.js');
        return start(readInstallation(), output);
      }
    case 'stop': {
      const { stop } = await import('./verbs/stop.verb.js');
      return stop(readInstallation(), output);
    }
    case 'status': {
      const { status } = await import('./verbs/status.verb.js');
      return status(readInstallation(), output);
    }
    case 'doctor': {
      const { doctor } = await import('./verbs/doctor.verb.js');
      return doctor(output);
    }
    case 'supervise': {
      const { supervise } = await import('./verbs/supervise.verb.js');
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
