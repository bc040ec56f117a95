import { uptime } from 'node:os';

/** Milliseconds since boot, time asleep included. */
export type BootClock = () => number;

/**
 * CLOCK_BOOTTIME, by way of /proc/uptime (10 ms steps): `process.hrtime` and timers stand still while the
 * machine sleeps, and the plane's clock does not.
 */
export const bootClock: BootClock = () => uptime() * 1000;
