import type { z } from 'zod';
import type { Comment } from '../webhook/payload.js';

/** Written by our App, or with a token of ours: every comment of ours holds a mark that nobody sees. */
export const isOurs = (
  { body, performed_via_github_app: app }: z.output<typeof Comment>,
  appId: string | undefined,
): boolean => {
  if (app && appId !== undefined && (String(app.id) === appId || app.client_id === appId)) return true;
  return /<!-- ?gatehouse:/.test(body);
};
