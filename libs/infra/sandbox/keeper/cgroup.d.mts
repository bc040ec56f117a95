export interface FoundCgroups {
  version: 1 | 2;
  homes: Record<string, string>;
}
export interface Cgroup {
  version: 1 | 2;
  paths: Record<string, string>;
}
export function detectCgroups(): FoundCgroups | null;
export function groupOf(found: FoundCgroups, name: string): Cgroup;
export function createCgroup(
  group: Cgroup,
  limits: { memoryBytes: number; pids: number; cpus: number },
): void;
export function joinFiles(group: Cgroup): string[];
export function pidsIn(group: Cgroup): number[];
export function oomKills(group: Cgroup): number;
export function removeCgroup(group: Cgroup): boolean;
export function removeCgroupWithin(group: Cgroup, withinMs: number): Promise<boolean>;
