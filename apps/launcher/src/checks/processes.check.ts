import { join } from 'node:path';
import { fail, pass, warn, type Answer } from '@gatehouse/health';
import type { PlaneStatus } from '../supervisor/status.js';
import type { Check } from './check.js';

export const judgeProcesses = (status: PlaneStatus, logs: string): Answer => {
  const looping = status.processes.find(({ state }) => state === 'crash_loop');
  if (looping)
    return fail(
      `${looping.name} keeps dying (last: ${looping.lastExit ?? 'unknown'}); it is tried again every 30 s`,
      `tail -n 50 ${join(logs, `${looping.name}.log`)}`,
    );
  const away = status.processes.filter(({ state }) => state !== 'ready');
  if (away.length > 0)
    return warn(`${away.map(({ name, state }) => `${name} is ${state}`).join(', ')}`, 'gatehouse doctor');
  const workers = status.processes.filter(({ name }) => name.startsWith('worker-')).length;
  const restarts = status.processes.reduce((sum, entry) => sum + entry.restarts, 0);
  return pass(
    `${status.processes.length} run, ${workers} of them workers${restarts > 0 ? `; ${restarts} restarts` : ''}`,
  );
};

export const processes: Check = {
  id: 'processes',
  title: 'Processes',
  run: async ({ plane, installation }) =>
    plane === undefined ? warn('none run', 'make start') : judgeProcesses(plane, installation.paths.logs),
};
