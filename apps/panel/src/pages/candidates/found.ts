import type { Finding, GateResult } from '@gatehouse/contracts';

/** A finding with the check that made it, and the name under which the page knows both of its places. */
export interface Found {
  readonly id: string;
  readonly gate: string;
  readonly finding: Finding;
  /** It counts: not of a check that is only tried out or not required. */
  readonly counts: boolean;
}

/** A check refuses nothing: policy does not require it, or tries it out. */
export const isAdvisory = ({ required, staged }: Pick<GateResult, 'required' | 'staged'>): boolean =>
  required === false || staged === true;

export const foundOf = (gate: GateResult): Found[] =>
  gate.findings.map((finding, i) => ({
    id: `${gate.gate}-${i}`,
    gate: gate.gate,
    finding,
    counts: !isAdvisory(gate),
  }));

export const allFound = (gates: readonly GateResult[]): Found[] => gates.flatMap(foundOf);

/** Where it stands in the list of checks, and where in the diff. */
export const checkPlace = (id: string): string => `check-${id}`;
export const linePlace = (id: string): string => `line-${id}`;
export const filePlace = (path: string): string => `file-${encodeURIComponent(path)}`;

const order = ['block', 'require_approval', 'warn'];

/** The findings of each file, and of those the worst first. */
export const byPath = (found: readonly Found[]): ReadonlyMap<string, readonly Found[]> => {
  const map = new Map<string, Found[]>();
  for (const one of found)
    if (one.finding.path !== undefined)
      map.set(one.finding.path, [...(map.get(one.finding.path) ?? []), one]);
  for (const [path, own] of map)
    map.set(
      path,
      own.toSorted((a, b) => order.indexOf(a.finding.severity) - order.indexOf(b.finding.severity)),
    );
  return map;
};

export const placeOf = ({ path, startLine }: Finding): string | null =>
  path === undefined ? null : startLine === undefined ? path : `${path}:${startLine}`;
