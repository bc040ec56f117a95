import { pass, warn } from '@gatehouse/health';
import type { Check } from './check.js';

export const docker: Check = {
  id: 'docker',
  title: 'Docker sandbox',
  run: async (context) => {
    const probe = (await context.sandboxes()).find(({ kind }) => kind === 'docker_sandbox');
    if (probe === undefined) return warn('nobody looked for Docker');
    return probe.available ? pass(probe.detail) : warn(probe.detail, probe.fix);
  },
};
