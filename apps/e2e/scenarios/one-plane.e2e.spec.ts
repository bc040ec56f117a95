import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { startPlane, type Plane } from '../src/plane.js';
import { access } from './11-access.scenario.js';
import { canary } from './17-canary.scenario.js';
import { commandLine } from './13-command-line.scenario.js';
import { firstChange } from './01-first-change.scenario.js';
import { jobsAndEvents } from './12-jobs-and-events.scenario.js';
import { policyOverTime } from './30-policy-over-time.scenario.js';
import { testsAndHonesty } from './16-tests-and-honesty.scenario.js';
import { validationImage } from './14-validation-image.scenario.js';

// A plane costs ten seconds of a processor to start and more to warm up, so these share one. Each has repositories and
// principals of its own; what an order is for is said.
describe('on one plane', () => {
  let plane: Plane;
  let roots: string;
  beforeAll(async () => {
    roots = mkdtempSync('/var/tmp/gatehouse-e2e-roots-');
    chmodSync(roots, 0o755);
    plane = await startPlane({ GATEHOUSE_REPOSITORY_ROOTS: roots, GATEHOUSE_RATE_LIMIT: '2000' });
  });
  afterAll(async () => {
    await plane?.stop();
    rmSync(roots, { recursive: true, force: true });
  });
  const started = (): Plane => plane;

  // Lists every job there is, by phase.
  describe('jobs, their events and their repositories', () => jobsAndEvents(() => ({ plane, roots })));
  describe('the first governed change', () => firstChange(started));
  describe('the command line', () => commandLine(started));
  describe('the image of a validation', () => validationImage(started));
  describe('tests that prove something', () => testsAndHonesty(started));
  describe('credentials that lie in the home of an agent', () => canary(started));
  // Stores whatever a schema takes, and uses up what an address may ask in a minute.
  describe('access', () => access(started));
  // Leaves a policy behind under which nobody activates their own.
  describe('a policy over time', () => policyOverTime(started));
});
