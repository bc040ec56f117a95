import type { SandboxProbe } from '@gatehouse/sandbox';
import { fail, pass, warn, type Answer } from '@gatehouse/health';
import type { Check } from './check.js';

/** Jobs run where at least one kind of sandbox works; one that does not isolate is never a PASS. */
export const judgeIsolation = (probes: readonly SandboxProbe[]): Answer => {
  const ways = probes.filter(({ kind }) => kind === 'process_sandbox');
  const isolated = ways.find(({ available, mode }) => available && mode !== 'unisolated');
  if (isolated) return pass(isolated.detail);
  const said = ways.map(({ detail }) => detail).join('; ') || 'no way is known on this platform';
  const fix = ways.find(({ mode }) => mode !== 'unisolated')?.fix;
  if (ways.some(({ available, mode }) => available && mode === 'unisolated'))
    return fail(`AGENTS RUN WITHOUT ISOLATION, as GATEHOUSE_ALLOW_UNISOLATED=1 allows: ${said}`, fix);
  const hasDocker = probes.some(({ kind, available }) => kind === 'docker_sandbox' && available);
  return hasDocker
    ? warn(`only Docker isolates here: ${said}`, fix)
    : fail(`nothing isolates agents here: ${said}`, fix);
};

export const isolation: Check = {
  id: 'isolation',
  title: 'Process sandbox',
  run: async (context) => judgeIsolation(await context.sandboxes()),
};
