import { execFile } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { promisify } from 'node:util';
import { GatehouseError } from '@gatehouse/contracts';
import type { SandboxRun } from './sandbox.contract.js';

const exec = promisify(execFile);

/** Throws `sandbox.failed` for a run that no sandbox could carry out. */
export const checkRun = (run: SandboxRun): void => {
  const refuse = (what: string): never => {
    throw new GatehouseError('sandbox.failed', `The run ${run.leaseId} is malformed: ${what}.`);
  };
  if (run.argv.length === 0 || run.argv.some((arg) => arg.includes('\0')))
    refuse('argv needs a program and no NUL bytes');
  if (!isAbsolute(run.workspace)) refuse('the workspace must be an absolute path');
  for (const [name, value] of Object.entries(run.limits))
    if (!(value > 0)) refuse(`the limit ${name} must be positive`);
};

/** Makes the sandbox's user the owner of a workspace in which nothing runs; links are changed, never followed. */
export const giveWorkspace = async (workspace: string, from: number, to: number): Promise<void> => {
  if (from !== to) await exec('chown', ['-RPh', '--', `${to}:${to}`, workspace]);
};

const defaultWorkspaceFiles = 1_000_000;

/** What the keeper watches a workspace for; null where nothing can grow or nobody minds. */
export const workspaceLimitOf = (run: SandboxRun): { bytes: number; files: number } | null => {
  const { workspaceBytes, workspaceFiles } = run.limits;
  if (run.workspaceReadOnly || (workspaceBytes === undefined && workspaceFiles === undefined)) return null;
  return { bytes: workspaceBytes ?? Number.MAX_SAFE_INTEGER, files: workspaceFiles ?? defaultWorkspaceFiles };
};
