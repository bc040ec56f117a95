// A second real history: the published versions of a package, one commit for each, and odd commits made between them
// from the very files they hold.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginHistory } from './soak.odd.mjs';
import { twistsAfter } from './soak.twist.mjs';

/** Chosen for what it ships: programs for three systems, pictures, icons, and modes that come and go. */
const name = 'node-notifier';

// Written down, so that every run has the same history; one that is published no more makes the loop fail, not shrink.
const versions = [
  ...['0.5.0', '1.0.0-beta2', '1.1.1-2', '1.2.0', '1.2.1', '2.0.3', '2.0.6', '3.0.0', '3.0.6', '3.1.1'],
  ...['3.1.3', '3.2.0', '3.4.0', '3.4.1', '4.0.1', '4.0.2', '4.0.3', '4.1.0', '4.1.2', '4.2.1', '4.2.3'],
  ...['4.3.1', '4.4.0', '4.5.0', '4.6.0', '4.6.1', '5.0.2', '5.1.2', '5.2.0', '5.2.1', '5.3.0', '5.4.0'],
  ...['5.4.1', '5.4.2', '5.4.3', '5.4.4', '5.4.5', '6.0.0', '7.0.0', '7.0.1', '7.0.2', '8.0.0', '8.0.1'],
  ...['8.0.2', '9.0.0', '9.0.1', '10.0.0', '10.0.1'],
];

/** Fetches packed versions as any user of npm does; its cache answers the next time. */
const fetchPacked = (folder, wanted) => {
  mkdirSync(folder, { recursive: true });
  const packages = wanted.map((version) => `${name}@${version}`);
  const how = ['--loglevel=error', '--ignore-scripts', '--prefer-offline', '--pack-destination', folder];
  // Outside of any project, so that no setting of one counts.
  execFileSync('npm', ['pack', ...how, ...packages], {
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  });
};

/**
 * Makes the repository in a folder that does not exist yet, of some consecutive versions at a place of chance where
 * `share` is below 1; answers its path. Throws where npm does not hand the packages out.
 */
export const makeVersionHistory = (folder, { share, next }) => {
  const count = Math.min(versions.length, Math.max(2, Math.ceil(versions.length * share) + 1));
  const from = Math.floor(next() * (versions.length - count + 1));
  const wanted = versions.slice(from, from + count);
  const packed = `${folder}-packed`;
  fetchPacked(packed, wanted);
  const history = beginHistory(folder);
  for (const [i, version] of wanted.entries()) {
    history.git('read-tree', '--empty');
    history.git('clean', '-ffdxq');
    const archive = join(packed, `${name}-${version}.tgz`);
    const how = ['--strip-components=1', '--no-same-owner', '--no-same-permissions'];
    const quiet = '--warning=no-unknown-keyword';
    execFileSync('tar', ['-xzf', archive, '-C', folder, quiet, ...how]);
    history.commit(`Version ${version}`);
    // What they changed, the next version changes back.
    if (i < wanted.length - 1) twistsAfter(from + i, history);
  }
  rmSync(packed, { recursive: true });
  return folder;
};
