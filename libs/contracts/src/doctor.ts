import { z } from 'zod';

export const CheckResult = z
  .object({
    id: z.string(),
    title: z.string(),
    status: z.enum(['PASS', 'WARN', 'FAIL']),
    detail: z.string(),
    fix: z.string().nullable().describe('The command that mends it'),
  })
  .meta({ id: 'CheckResult' });
export type CheckResult = z.infer<typeof CheckResult>;

export const DoctorReport = z
  .object({ ok: z.boolean().describe('No check FAILs'), checks: z.array(CheckResult) })
  .meta({ id: 'DoctorReport' });
export type DoctorReport = z.infer<typeof DoctorReport>;

export const Health = z.object({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Health' });
