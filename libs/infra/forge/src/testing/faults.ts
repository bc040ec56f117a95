export interface FaultMatch {
  method?: string;
  /** Against the path below the API's root, or the whole path of a git request. */
  path?: RegExp;
  /** The request that carries the objects of a push or a fetch, not the listing of refs before it. */
  git?: 'push' | 'fetch';
  /** `app`, `installation:ID`, a login, `anonymous`. */
  who?: string | RegExp;
}

export type FaultDeed =
  /** The connection is closed before anything is done. */
  | 'cut before'
  /** The effect stands; the caller never hears of it. */
  | 'do it, then cut the answer'
  /** The effect stands; half of the answer's bytes arrive, then the connection closes. */
  | 'half answer'
  /** The effect stands; the answer is no JSON (or no git). */
  | 'garbage'
  | { status: number; headers?: Record<string, string>; body?: unknown }
  /** The work waits this long, or until the promise resolves. */
  | { delay: number | Promise<unknown> };

export interface Fault {
  match?: FaultMatch;
  /** How many matching requests it strikes; 1 unless said. */
  times?: number;
  /** How many matching requests it lets pass first. */
  after?: number;
  do: FaultDeed;
}

export interface PlannedFault {
  /** How many requests it has struck. */
  readonly hits: number;
  /** Resolves when it strikes for the first time. */
  readonly struck: Promise<void>;
  cancel(): void;
}

export interface Asked {
  method: string;
  path: string;
  git: 'push' | 'fetch' | null;
  who: string;
}

interface Planned {
  fault: Fault;
  left: number;
  skip: number;
  hits: number;
  strike: () => void;
}

/** What goes wrong next, and how. */
export class Faults {
  private planned: Planned[] = [];

  next(fault: Fault): PlannedFault {
    let strike = () => {};
    const struck = new Promise<void>((resolve) => {
      strike = resolve;
    });
    const one: Planned = { fault, left: fault.times ?? 1, skip: fault.after ?? 0, hits: 0, strike };
    this.planned.push(one);
    return {
      get hits() {
        return one.hits;
      },
      struck,
      cancel: () => {
        this.planned = this.planned.filter((other) => other !== one);
      },
    };
  }

  clear(): void {
    this.planned = [];
  }

  /** Planned faults that have not struck as often as they should. */
  get pending(): Fault[] {
    return this.planned.map(({ fault }) => fault);
  }

  /** The deed for this request, used up by asking. */
  take(asked: Asked): FaultDeed | null {
    for (const one of this.planned) {
      if (!matches(one.fault.match ?? {}, asked)) continue;
      if (one.skip > 0) {
        one.skip -= 1;
        continue;
      }
      one.left -= 1;
      one.hits += 1;
      if (one.left <= 0) this.planned = this.planned.filter((other) => other !== one);
      one.strike();
      return one.fault.do;
    }
    return null;
  }
}

function matches(match: FaultMatch, asked: Asked): boolean {
  if (match.method !== undefined && match.method.toUpperCase() !== asked.method) return false;
  if (match.git !== undefined && match.git !== asked.git) return false;
  if (match.path && !match.path.test(asked.path)) return false;
  if (match.who instanceof RegExp) return match.who.test(asked.who);
  return match.who === undefined || match.who === asked.who;
}
