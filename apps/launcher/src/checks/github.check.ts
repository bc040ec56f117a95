import { forgeSettings, inspectForge, type ForgeSettings } from '@gatehouse/forge';
import { fail, pass, warn, type Answer } from '@gatehouse/health';
import type { Check } from './check.js';

/** These leave us able to work, if less well. */
const bearable = ['forge.webhook', 'forge.installation', 'forge.clock'];

type Line = Awaited<ReturnType<typeof inspectForge>>[number];

/** One answer out of many lines: what is worst comes first, and every fault is named. */
export const judgeForge = ({ url }: Pick<ForgeSettings, 'url'>, lines: readonly Line[]): Answer => {
  const faults = lines.filter(({ ok }) => !ok);
  const grave = faults.filter(({ check }) => !bearable.includes(check));
  const first = grave[0] ?? faults[0];
  const detail = `${url}: ${(faults.length > 0 ? faults : lines).map((line) => line.detail).join('; ')}`;
  if (first === undefined) return pass(detail);
  return (grave.length > 0 ? fail : warn)(detail, first.fix);
};

export const github: Check = {
  id: 'github',
  title: 'GitHub',
  run: async ({ settings }) => {
    const forge = forgeSettings(settings);
    return forge === null
      ? pass('not connected; repositories are reached by git alone')
      : judgeForge(forge, await inspectForge(forge));
  },
};
