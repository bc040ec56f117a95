import { z } from 'zod';
import { idOf, Sha256 } from './id.js';
import { Schedule, ScheduleRunState } from './schedule.js';

const schedule = { scheduleId: idOf('schedule'), name: z.string() };
const digest = Sha256.describe('Of its job, its times and its rules');
const reason = z.strictObject({ code: z.string(), message: z.string() }).optional();

/** What the ledger says of schedules. */
export const scheduleEvents = {
  'schedule.created': z.strictObject({ ...schedule, repository: z.string().nullable(), digest }),
  'schedule.changed': z.strictObject({
    ...schedule,
    from: Schedule.shape.state,
    to: Schedule.shape.state,
    version: z.number().int(),
    digest,
    reason,
  }),
  'schedule.ran': z.strictObject({
    ...schedule,
    runId: idOf('scheduleRun'),
    dueAt: z.string(),
    times: z.number().int().describe('Due times this stands for'),
    state: ScheduleRunState,
    jobId: idOf('job').nullable(),
    reason,
  }),
} as const;
