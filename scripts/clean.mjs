// make clean: removes what a build makes. Packages and the data of the installation stay.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { clone, say } from './step.mjs';

const rooms = ['apps', 'libs', 'libs/infra', 'libs/domain'].flatMap((folder) =>
  readdirSync(join(clone, folder)).map((name) => join(clone, folder, name)),
);
const made = [
  ...rooms.map((room) => join(room, 'dist')),
  join(clone, '.nx'),
  join(clone, 'node_modules', '.cache'),
];
const there = made.filter((path) => existsSync(path));
for (const path of there) rmSync(path, { recursive: true, force: true });
say(`Removed ${there.length} built folders.`);
