import { fail, pass, warn } from '@gatehouse/health';
import { isFree, readPorts } from '../supervisor/port.choice.js';
import type { Check } from './check.js';

export const ports: Check = {
  id: 'ports',
  title: 'Ports',
  run: async ({ installation: { settings, given, paths }, plane }) => {
    if (plane?.url) return pass(`the plane listens at ${plane.url}`);
    const remembered = readPorts(paths.ports);
    const wanted = [
      {
        setting: 'GATEHOUSE_PORT',
        host: settings.GATEHOUSE_HOST,
        port: settings.GATEHOUSE_PORT,
        used: remembered.api,
      },
      ...(settings.DATABASE_URL === undefined
        ? [
            {
              setting: 'GATEHOUSE_PG_PORT',
              host: '127.0.0.1',
              port: settings.GATEHOUSE_PG_PORT,
              used: remembered.postgres,
            },
          ]
        : []),
    ].map((entry) => ({ ...entry, explicit: given[entry.setting] !== undefined }));
    for (const { setting, host, port, used, explicit } of wanted) {
      const chosen = explicit ? port : (used ?? port);
      if (await isFree(host, chosen)) continue;
      if (explicit)
        return fail(
          `port ${chosen} (${setting}) is taken by another program`,
          `ss -ltnp 'sport = :${chosen}'`,
        );
      return warn(`port ${chosen} is taken; the next start takes another`, `ss -ltnp 'sport = :${chosen}'`);
    }
    const high = wanted.find(({ port }) => port >= 32_768);
    if (high)
      return warn(
        `${high.setting}=${high.port} lies where the kernel takes client ports`,
        `${high.setting}=7070`,
      );
    return pass(
      `${wanted.map(({ port, used, explicit }) => (explicit ? port : (used ?? port))).join(', ')} are free`,
    );
  },
};
