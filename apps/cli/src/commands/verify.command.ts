import type { Noun } from '../cli.js';
import { CliFault } from '../exit.code.js';
import { verifyOffline, type ProofOptions } from '../proof/proof.verify.js';

export const verifyVerb: Noun = (program, verb) => {
  verb<{ session?: string; stream?: string } & ProofOptions>(
    program,
    'verify [what]',
    'Verify a published commit, a bundle or a proof offline, or without one the ledger of the plane; ends with 1 where something was changed',
    async (cli, [what], o) => {
      if (what !== undefined) {
        if (o.session || o.stream)
          throw new CliFault('usage', '--session and --stream are about the ledger', 'leave them out');
        return verifyOffline(cli, what, o);
      }
      if (o.key || o.repository || o.logHead)
        throw new CliFault(
          'usage',
          '--key, --repository and --log-head are about a proof',
          'say which commit or file',
        );
      if (o.session && o.stream)
        throw new CliFault('usage', '--session and --stream exclude each other', 'give one of them');
      const stream = o.session ?? o.stream;
      const report = await (
        await cli.client()
      ).call('ledger.verify', {
        query: stream === undefined ? {} : { stream },
        // A large installation takes its time.
        timeoutMs: 600_000,
        signal: cli.io.signal,
      });
      cli.out.result(report, () => [
        `${report.ok ? 'Clean' : 'NOT CLEAN'}: ${report.events} events in ${report.streams} streams`,
        report.checkpoint
          ? `Held against the signed checkpoint of ${report.checkpoint.at} (${report.checkpoint.streams} streams)`
          : 'No signed checkpoint was held against it: cut tails and deleted streams would not show',
        ...report.faults.map(
          ({ streamId, seq, kind, message }) =>
            `✗ ${streamId}${seq === null ? '' : ` #${seq}`}: ${kind}: ${message}`,
        ),
      ]);
      return report.ok ? 'ok' : 'refused';
    },
  )
    .option('--repository <clone>', 'clone that has the commit; this folder where a commit is given')
    .option('--key <file>', 'public keys of the installation, from gatehouse key export')
    .option('--log-head <file>', 'a head of the promotion log that you kept: it must go on from there')
    .option('--session <session>', 'only this session')
    .option('--stream <stream>', 'only this stream: installation, ses_… or lane:…');
};
