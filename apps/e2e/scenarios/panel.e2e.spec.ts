import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openBrowser, withoutBrowser } from '../src/browser.js';
import { startPlane, type Plane } from '../src/plane.js';
import { panelEverybody } from './22-panel-everybody.scenario.js';
import { panelFirstChange } from './20-panel-first-change.scenario.js';
import { panelJudgement } from './21-panel-judgement.scenario.js';
import { panelPolicies } from './23-panel-policies.scenario.js';

const inBrowser = withoutBrowser ? describe.skip : describe;

// One plane and one browser for all, as for those of one-plane.e2e.spec.ts; each has visits of its own.
inBrowser('the panel in a browser', () => {
  let plane: Plane;
  let browser: Browser;
  beforeAll(async () => {
    plane = await startPlane();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await plane?.stop();
  });
  const started = () => ({ plane, browser });

  // Sees the list of jobs while it is empty.
  describe('a first change through the panel', () => panelFirstChange(started));
  // Sees the policies while none is stored.
  describe('policies in the panel', () => panelPolicies(started));
  // Has pages with something on them to read, and starts the plane again.
  describe('the panel for everybody', () => panelEverybody(started));
  describe('answers and outcomes in the panel', () => panelJudgement(started));
});
