import { once } from 'node:events';

export default async () => {
  const guardian = globalThis.gatehouseTestGuardian;
  if (guardian === undefined || guardian.exitCode !== null) return;
  const gone = once(guardian, 'exit');
  guardian.disconnect();
  await gone;
};
