// make bench: nothing is measured yet, and a bench that prints nothing must not look like one that holds.
import { stop } from './step.mjs';

stop('There is no bench yet: no row of targets is measured by this version.');
