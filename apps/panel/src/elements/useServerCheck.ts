import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { call, type AnswerTo, type CallInput } from '../api.js';

/** Milliseconds without a key before the server is asked. */
const pauseMs = 400;

type Checks = 'jobs.check' | 'schedules.check' | 'triggers.put';

export interface ServerCheck<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  /** Something is to be checked and nothing has been said of it yet. */
  readonly checking: boolean;
}

/**
 * What the server says of what is being written, asked when the typing pauses; `input` is null while there is nothing
 * to ask. An answer belongs to the text that it was asked for: with the next key it goes, and what is still asked is
 * given up.
 */
export const useServerCheck = <N extends Checks>(
  name: N,
  input: CallInput<N> | null,
): ServerCheck<AnswerTo<N>> => {
  const now = input === null ? null : JSON.stringify(input);
  const [settled] = useDebouncedValue(now, pauseMs);
  const asked = settled === now ? now : null;
  const { data, error } = useQuery<AnswerTo<N>>({
    queryKey: [name, 'check', asked],
    queryFn: ({ signal }) => call(name, { ...(JSON.parse(asked ?? '{}') as CallInput<N>), signal }),
    enabled: asked !== null,
    staleTime: 30_000,
  });
  return { data, error, checking: now !== null && data === undefined && error === null };
};
