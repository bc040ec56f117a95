import { askServer } from '@gatehouse/database';
import { onDatabase, pass, warn, type Answer, type Check } from '../check.js';

/** Only the database clock decides (I9), but a worker counts its lease by its own: 1 s is a tenth of the margin. */
export const judgeClocks = (skewMs: number): Answer => {
  const detail = `ours and the database's are ${Math.abs(Math.round(skewMs))} ms apart`;
  return Math.abs(skewMs) > 1_000 ? warn(detail, 'timedatectl set-ntp true') : pass(detail);
};

export const clock: Check = {
  id: 'clock',
  title: 'Clock',
  run: (context) =>
    onDatabase(context, async (open) => {
      const facts = await askServer(open);
      return judgeClocks(facts.clock.getTime() - facts.ourClock.getTime());
    }),
};
