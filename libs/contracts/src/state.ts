/** A state machine as data: the server decides by it, the panel draws its buttons from it. */
export interface StateTable<S extends string> {
  readonly initial: S;
  /** State → what it means, and the states it may move to. A state with no way out is terminal. */
  readonly states: { readonly [K in S]: { readonly summary: string; readonly to: readonly S[] } };
}

export const stateTable = <S extends string>(table: StateTable<S>): StateTable<S> => table;

export const statesOf = <S extends string>(table: StateTable<S>): S[] => Object.keys(table.states) as S[];

export const canMove = <S extends string>(table: StateTable<S>, from: S, to: S): boolean =>
  table.states[from].to.includes(to);

export const isTerminal = <S extends string>(table: StateTable<S>, state: S): boolean =>
  table.states[state].to.length === 0;

/** The states from which `to` can be reached in one step: what a compare-and-set may expect. */
export const statesBefore = <S extends string>(table: StateTable<S>, to: S): S[] =>
  statesOf(table).filter((from) => canMove(table, from, to));
