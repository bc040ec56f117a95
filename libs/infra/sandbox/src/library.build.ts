import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspaceRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** Runs of the specs go through the built library, in a process that can be frozen, killed or be another user. */
export const buildLibrary = (): void => {
  // Spec files run side by side, and a worker must not import what another build is writing.
  const lock = join(workspaceRoot, 'node_modules', '.gatehouse-sandbox-build');
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const began = Date.now(); ; Atomics.wait(pause, 0, 0, 50)) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      // A build takes seconds; a lock this old belongs to a run that was killed.
      if (Date.now() - began > 30_000) break;
    }
  }
  try {
    execFileSync(process.execPath, ['node_modules/typescript-7/bin/tsc', '-b', 'libs/infra/sandbox'], {
      cwd: workspaceRoot,
      stdio: 'pipe',
    });
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
};
