import { GatehouseError, type CheckResult } from '@gatehouse/contracts';
import { runCheck } from '@gatehouse/health';
import { openContext, type Check } from '../checks/check.js';
import { checks as allChecks } from '../checks/index.js';
import { readInstallation, type Installation } from '../installation.js';
import { holderOf } from '../supervisor/lock.js';
import { readStatus } from '../supervisor/status.js';
import type { Output } from './output.js';

const colours = { PASS: 32, WARN: 33, FAIL: 31 } as const;

const line = ({ status, title, detail, fix }: CheckResult, inColour: boolean): string[] => [
  `${inColour ? `\u001b[${colours[status]}m${status}\u001b[0m` : status}  ${title}: ${detail}`,
  ...(fix === null ? [] : [`      fix: ${fix}`]),
];

const examine = async (installation: Installation, checks: readonly Check[]): Promise<CheckResult[]> => {
  const plane = holderOf(installation.paths.lock) && readStatus(installation.paths.status);
  const { context, close } = openContext(installation, plane);
  try {
    return await Promise.all(checks.map((check) => runCheck(check, context)));
  } finally {
    await close();
  }
};

/** What is in the way before anything can be looked at. */
const unreadable = (error: unknown): CheckResult[] => {
  if (!(error instanceof GatehouseError)) throw error;
  const fix = 'correct it in the environment or in settings.env';
  return [{ id: 'settings', title: 'Settings', status: 'FAIL', detail: error.message, fix }];
};

/** Looks at everything; exit code 1 where a check FAILs. */
export const doctor = async (output: Output, checks: readonly Check[] = allChecks): Promise<number> => {
  let results: CheckResult[];
  try {
    results = await examine(readInstallation(), checks);
  } catch (error) {
    results = unreadable(error);
  }
  const count = (status: CheckResult['status']): number =>
    results.filter((result) => result.status === status).length;
  const ok = count('FAIL') === 0;
  const inColour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  output.result({ ok, checks: results }, [
    ...results.flatMap((result) => line(result, inColour)),
    `${count('PASS')} passed, ${count('WARN')} warnings, ${count('FAIL')} failed`,
  ]);
  return ok ? 0 : 1;
};
