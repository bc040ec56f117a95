import { useEffect, useRef } from 'react';
import { press, type Command, type Pending } from './chord.js';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/** Calls `run` for every command typed outside of fields and dialogs. */
export const useShortcuts = (run: (command: Command) => void): void => {
  const pending = useRef<Pending | null>(null);
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || document.querySelector('[role="dialog"]')) return;
      const result = press(pending.current, event.key, Date.now());
      pending.current = result.pending;
      if (result.command === null) return;
      event.preventDefault();
      latest.current(result.command);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
};

/** Moves the focus along the rows of the page; from nowhere it goes to the first. */
export const moveRow = (step: 1 | -1): void => {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const next = at === -1 ? rows[0] : rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
};

/** Presses the button that the page has for a command, if it has one that may be used. */
export const pressButton = (command: 'approve' | 'reject'): void =>
  document.querySelector<HTMLButtonElement>(`[data-command="${command}"]`)?.click();

export const focusFilter = (): void => {
  const field = document.querySelector<HTMLInputElement>('[data-filter]');
  field?.focus();
  field?.select();
};
