import type { Gate } from '../gate.js';

/** Every gate, cheap and structural ones first. */
export const gates: readonly Gate[] = [];
