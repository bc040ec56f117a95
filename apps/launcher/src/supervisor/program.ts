import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a bundle was made of: path from its own folder, size in bytes, time of change in ms. */
type Made = readonly (readonly [path: string, size: number, changed: number])[];

/** Whether the bundle in a `dist` folder is what its files would make today. */
export const bundleFits = (folder: string): boolean => {
  try {
    const made = JSON.parse(readFileSync(join(folder, 'bundle.json'), 'utf8')) as Made;
    return made.every(([path, size, changed]) => {
      const now = statSync(join(folder, path));
      return now.size === size && now.mtimeMs === changed;
    });
  } catch {
    // None was made, or a file of it is gone.
    return false;
  }
};

/** The file to start an app from. A bundle loads in a third of the time, and is never run in place of newer files. */
export const programOf = (apps: string, app: string): string => {
  const folder = join(apps, app, 'dist');
  return join(folder, bundleFits(folder) ? 'bundle.mjs' : 'main.js');
};
