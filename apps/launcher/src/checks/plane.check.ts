import { DoctorReport } from '@gatehouse/contracts';
import { fail, pass, warn } from '@gatehouse/health';
import type { Check } from './check.js';

export const plane: Check = {
  id: 'plane',
  title: 'Plane',
  run: async ({ plane: status }) => {
    if (status === undefined) return warn('Gatehouse does not run', 'make start');
    if (status.url === null || status.state === 'starting')
      return warn('Gatehouse is starting', 'make start');
    const response = await fetch(`${status.localUrl ?? status.url}/ready`, {
      signal: AbortSignal.timeout(5_000),
    }).catch(() => undefined);
    if (response === undefined) return fail(`${status.url} does not answer`, 'make stop start');
    const report = DoctorReport.safeParse(await response.json().catch(() => undefined));
    const broken = report.success ? report.data.checks.filter((check) => check.status === 'FAIL') : [];
    if (response.ok) return pass(`ready at ${status.url}`);
    const why =
      broken.map(({ title, detail }) => `${title}: ${detail}`).join('; ') || `HTTP ${response.status}`;
    return fail(`${status.url} is not ready: ${why}`, broken[0]?.fix ?? 'make stop start');
  },
};
