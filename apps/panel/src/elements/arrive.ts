const patienceMs = 4_000;

/**
 * Brings an element to the middle of the screen and gives it the focus, once it is there: what is far away is drawn
 * only when somebody is about to see it, so `near` is brought close first.
 */
export const arrive = (id: string, near?: string, block: 'center' | 'start' = 'center'): void => {
  const until = Date.now() + patienceMs;
  const step = () => {
    const there = document.getElementById(id);
    if (there !== null) {
      there.scrollIntoView({ block });
      there.focus({ preventScroll: true });
    } else if (Date.now() < until) {
      if (near !== undefined) document.getElementById(near)?.scrollIntoView({ block: 'start' });
      setTimeout(step, 60);
    }
  };
  // After the state that opens what it stands in has been drawn.
  setTimeout(step, 0);
};
