import { warn } from '@gatehouse/health';
import type { Check } from './check.js';

export const boundary: Check = {
  id: 'boundary',
  title: 'Boundary between processes',
  // True of every installation that one supervisor runs (I3); separate accounts come with compose and systemd.
  run: async () =>
    warn(
      `api, engine, promoter and workers all run as uid ${process.getuid?.() ?? 0}: the boundary between them is only the process`,
      'run each part as its own user (docs/operate.md)',
    ),
};
