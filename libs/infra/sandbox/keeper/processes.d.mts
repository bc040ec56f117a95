export interface ProcessRow {
  pid: number;
  parent: number;
  alive: boolean;
  uids: number[];
  bytes: number;
}
export interface Trace {
  namespace?: string | null;
  uid?: number | null;
  root?: { pid: number; startTime: number | null } | null;
  mark?: string | null;
  pids?: number[];
}
export function bootNow(): number;
export function startTimeOf(pid: number): number | null;
export function isAlive(pid: number, startTime?: number | null): boolean;
export function pidNamespaceOf(pid: number): string | null;
export interface PinnedNamespace {
  name: string;
  release(): void;
}
export function pinNamespace(pid: number, startTime: number | null): PinnedNamespace | null;
export function listProcesses(root?: string): ProcessRow[];
export function memoryBelow(root: string): number;
export function membersOf(trace: Trace): ProcessRow[];
export function signal(pid: number, name: NodeJS.Signals): void;
export function killUntilNone(
  look: () => { pid: number }[],
  withinMs: number,
): Promise<{ killed: number; dead: boolean }>;
