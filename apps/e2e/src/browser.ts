/// <reference lib="dom" />
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { inCi } from './machine.js';

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The machine's Chromium; undefined where none is installed. Debian and Ubuntu name it differently. */
export const chromiumPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .concat('/usr/bin')
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
  .find(isProgram);

/** Without Chromium the panel's scenarios are skipped on a laptop, and fail where CI asks for all of them. */
export const withoutBrowser = chromiumPath === undefined && !inCi;
if (withoutBrowser) process.stderr.write('SKIPPED: the panel in a browser: apt-get install chromium\n');

export const openBrowser = async (): Promise<Browser> => {
  if (chromiumPath === undefined)
    throw new Error('The panel is tested in a real Chromium and none is here: apt-get install chromium');
  return chromium.launch({
    executablePath: chromiumPath,
    // As root its own sandbox does not start; the pages are ours.
    // Where there is no screen a graphics card is only played, by the same processors.
    args: ['--no-first-run', '--force-color-profile=srgb', '--disable-gpu'],
    chromiumSandbox: false,
  });
};

/** A person with a browser of their own: cookies, storage, and everything that went wrong in it. */
export interface Visit {
  readonly page: Page;
  /** An answer that this visit is meant to get, e.g. `401 GET /api/v1/me`; no complaint then. */
  expect(answer: RegExp): void;
  /** What the console, scripts, the content security policy and the network complained of. */
  complaints(): readonly string[];
  end(): Promise<void>;
}

/** Chromium notes every 4xx in the console; those are counted by their address instead. */
const isNoteOfAnswer = (text: string) => text.startsWith('Failed to load resource');

export const visit = async (
  browser: Browser,
  baseURL: string,
  how: BrowserContextOptions = {},
): Promise<Visit> => {
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...how,
  });
  // A bound for what never comes, not for a busy machine.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const expected: RegExp[] = [];
  const heard: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !isNoteOfAnswer(message.text()))
      heard.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => heard.push(`uncaught: ${error.message}`));
  page.on('dialog', (dialog) => {
    // Nothing of ours asks by dialog: this is somebody's script.
    heard.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('response', (response) => {
    if (response.status() < 400) return;
    heard.push(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`);
  });
  return {
    page,
    expect: (answer) => void expected.push(answer),
    complaints: () => heard.filter((one) => !expected.some((answer) => answer.test(one))),
    end: () => context.close(),
  };
};

/** Signs in with a token, as somebody whom an administrator gave one. */
export const signIn = async ({ page, expect }: Visit, token: string): Promise<void> => {
  expect(/^401 GET \/api\/v1\/me$/);
  await page.goto('/panel/');
  await page.getByText('Token', { exact: true }).click();
  await page.getByRole('textbox', { name: 'Token' }).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
};

/** The five stages of the job on screen, as a reader sees them: `Session: done`. */
export const stages = async (page: Page): Promise<string[]> =>
  page
    .getByRole('list', { name: 'Stages' })
    .getByRole('listitem')
    .evaluateAll((items) =>
      items.map((item) => `${item.querySelector('strong')?.textContent}: ${item.dataset['status']}`),
    );
