import type { Installation } from '../installation.js';
import { holderOf } from '../supervisor/lock.js';
import { readStatus } from '../supervisor/status.js';
import type { Output } from './output.js';

/** Says what runs. Exit code 0: all ready; 1: something is not; 3: nothing runs. */
export const status = (installation: Installation, output: Output): number => {
  const { data, paths } = installation;
  const found = holderOf(paths.lock) && readStatus(paths.status);
  const running = found !== undefined;
  const where = { dataDir: data, adminTokenFile: paths.adminToken, logs: paths.logs };
  if (!running) {
    output.result({ running, state: 'stopped', url: null, ...where, processes: [] }, [
      'Gatehouse does not run. Start it with `make start`.',
    ]);
    return 3;
  }
  const { state, url, startedAt, processes } = found;
  output.result({ running, state, url, startedAt, ...where, processes }, [
    `Gatehouse is ${state}${url ? ` at ${url}` : ''}, started ${startedAt}.`,
    ...processes.map(
      (entry) =>
        `  ${entry.name.padEnd(17)} ${entry.state.padEnd(11)} pid ${String(entry.process?.pid ?? '-').padEnd(8)}` +
        `${entry.restarts > 0 ? ` restarted ${entry.restarts}×` : ''}` +
        `${entry.lastExit ? `, last ended by ${entry.lastExit}` : ''}`,
    ),
    ...(processes.some((entry) => entry.state === 'crash_loop')
      ? [`A part keeps dying. Its log in ${paths.logs} says why; it is tried again every 30 s.`]
      : []),
  ]);
  return state === 'ready' ? 0 : 1;
};
