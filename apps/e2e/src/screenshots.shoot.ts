/// <reference lib="dom" />
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { signIn, visit } from './browser.js';

const widths = [1440, 390];

/** A picture by its name: where it is, and what to do there first. */
export interface Shot {
  readonly name: string;
  readonly path: string;
  readonly then?: (page: Page) => Promise<void>;
}

export interface Studio {
  readonly browser: Browser;
  readonly url: string;
  readonly folder: string;
  /** Names of those that are taken. */
  readonly wanted: RegExp;
}

/** Takes each in light and dark, wide and narrow, as whoever the token belongs to. */
export const shootAll = async (
  { browser, url, folder, wanted }: Studio,
  token: string | null,
  shots: readonly Shot[],
): Promise<void> => {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of widths) {
      const person = await visit(browser, url, { colorScheme, viewport: { width, height: 900 } });
      if (token !== null) await signIn(person, token);
      for (const { name, path, then } of shots) {
        if (!wanted.test(name)) continue;
        await person.page.goto(`/panel${path}`);
        await person.page.waitForTimeout(1_200);
        await then?.(person.page);
        // Lines are drawn when somebody is about to see them; a picture of the whole page sees all.
        await person.page.evaluate(async () => {
          for (let y = 0; y < document.body.scrollHeight; y += 600) {
            window.scrollTo(0, y);
            await new Promise((done) => setTimeout(done, 60));
          }
          window.scrollTo(0, 0);
        });
        // What a reader sees before scrolling, and then everything.
        if (name.startsWith('candidate-'))
          await person.page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}-first.png`) });
        await person.page.screenshot({
          path: join(folder, `${name}-${colorScheme}-${width}.png`),
          fullPage: true,
        });
      }
      for (const complaint of person.complaints())
        process.stderr.write(`${colorScheme} ${width}: ${complaint}\n`);
      await person.end();
    }
};
