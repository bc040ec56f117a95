import { spawnSync } from 'node:child_process';
import { defaultSandboxImage } from '@gatehouse/contracts';

const works = (...args: string[]): boolean => spawnSync('docker', args, { stdio: 'ignore' }).status === 0;
/** Under CI nothing is skipped: what is missing fails. */
export const inCi = !['', 'false', '0'].includes(process.env['CI'] ?? '');

/** Kinds of sandbox that scenarios run in: Docker where it is, and always under CI, where its absence is a failure. */
export const sandboxes = (): readonly ('process_sandbox' | 'docker_sandbox')[] => {
  const hasDocker = works('version') && works('image', 'inspect', defaultSandboxImage(process.versions.node));
  if (hasDocker || inCi) return ['process_sandbox', 'docker_sandbox'];
  process.stderr.write(
    'SKIPPED: no scenario runs in docker_sandbox: no engine or no image; see make doctor\n',
  );
  return ['process_sandbox'];
};
