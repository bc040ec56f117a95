import type { LeaseGrant } from '@gatehouse/contracts';
import type { Sandbox, SandboxRun } from '@gatehouse/sandbox';

/** Where every sandbox but the unisolated one has a home that is gone after the run. */
const folder = '/home/agent/.aws';

/** Writes what it reads, then becomes the command; one that cannot write runs it all the same. */
const script = `(umask 077; mkdir -p ${folder} && cat > ${folder}/credentials) 2>/dev/null || cat >/dev/null; exec "$@"`;

/**
 * A run that finds the canary of its lease in its home. It travels as stdin, never among arguments or variables. An
 * unisolated run gets none: its home is its workspace, and the bait would be harvested.
 */
export const withBait = (
  { canary }: Pick<LeaseGrant, 'canary'>,
  { mode }: Pick<Sandbox, 'mode'>,
  argv: readonly string[],
): Pick<SandboxRun, 'argv' | 'input'> => {
  if (canary === undefined || mode === 'unisolated') return { argv };
  const { accessKeyId, secretAccessKey } = canary;
  const lines = [
    '[default]',
    `aws_access_key_id = ${accessKeyId}`,
    `aws_secret_access_key = ${secretAccessKey}`,
    '',
  ];
  return { argv: ['/bin/sh', '-c', script, 'sh', ...argv], input: Buffer.from(lines.join('\n')) };
};
