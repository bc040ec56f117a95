// A copy of what is built, or of its sources, beside the clone: there a fault can be planted without a line of it in
// the product.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { clone } from './step.mjs';

/** Folders of the workspace, relative to the clone. */
const workspaces = () => [
  ...['apps', 'libs/domain', 'libs/infra'].flatMap((folder) =>
    readdirSync(join(clone, folder)).map((name) => `${folder}/${name}`),
  ),
  ...['libs/contracts', 'libs/client', 'libs/proof'],
];

/** Links packages into a copy; those of the workspace lead into the copy itself. */
const linkPackages = (folder) => {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@gatehouse'), { recursive: true });
  for (const name of readdirSync(join(clone, 'node_modules')))
    if (name !== '@gatehouse') symlinkSync(join(clone, 'node_modules', name), join(modules, name));
  for (const workspace of workspaces()) {
    const { name } = JSON.parse(readFileSync(join(folder, workspace, 'package.json'), 'utf8'));
    const nested = join(clone, workspace, 'node_modules');
    if (existsSync(nested)) symlinkSync(nested, join(folder, workspace, 'node_modules'));
    if (name.startsWith('@gatehouse/')) symlinkSync(join(folder, workspace), join(modules, name));
  }
};

const copyWorkspaces = (folder, skip) => {
  for (const workspace of workspaces())
    cpSync(join(clone, workspace), join(folder, workspace), {
      recursive: true,
      filter: (path) => !skip.test(path.slice(clone.length)),
    });
  cpSync(join(clone, 'package.json'), join(folder, 'package.json'));
  linkPackages(folder);
};

/** Copies the built workspaces into a folder; packages are linked. Answers the folder of its apps. */
export const copyBuilt = (folder) => {
  copyWorkspaces(folder, /\/(src|node_modules|test|coverage)(\/|$)|\.tsbuildinfo$/);
  return join(folder, 'apps');
};

/** Copies sources, and what Jest needs to run their specs, into a folder; packages are linked. */
export const copySources = (folder) => {
  copyWorkspaces(folder, /\/(dist|out-tsc|node_modules|coverage|\.nx)(\/|$)|\.tsbuildinfo$/);
  // Programs that tests on real services start beside themselves run as they were built.
  for (const workspace of workspaces())
    if (existsSync(join(clone, workspace, 'dist')))
      symlinkSync(join(clone, workspace, 'dist'), join(folder, workspace, 'dist'));
  for (const name of ['docs', 'examples', 'scripts', 'jest.config.mjs'])
    cpSync(join(clone, name), join(folder, name), { recursive: true });
};

/** Replaces a piece of a copied file; a piece that is not there exactly once would plant nothing. */
export const plant = (folder, { file, from, to }) => {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  const times = text.split(from).length - 1;
  if (times !== 1) throw new Error(`${file} has ${times} times what the fault replaces, not once: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
};
