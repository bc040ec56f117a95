import { codeOf } from './code.js';

let arrived: string | null = null;

/** Takes a one-time code out of the address and of the history, and leads to the login page. */
export const takeArrival = (): void => {
  arrived = codeOf(window.location.hash);
  if (arrived !== null) window.history.replaceState(null, '', `${import.meta.env.BASE_URL}login`);
};

/** The code this visit came with; only the first asker gets it, since it works only once. */
export const arrivedCode = (): string | null => {
  const code = arrived;
  arrived = null;
  return code;
};
