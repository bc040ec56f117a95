// Large packages that specs load from outside of their sandbox: once for each process of Jest, not once for each file.
// A spec file has a context of its own, and Jest compiles in it whatever the file imports: TypeORM, BullMQ, NestJS and
// RxJS alone are 900 modules, a second of processor time for each of 330 files, pure tests among them.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const clone = join(import.meta.dirname, '..', '..');
const folder = join(clone, 'node_modules', '.cache', 'gatehouse', 'jest');

/** Package → a room that depends on it. */
export const packages = {
  typeorm: 'libs/infra/database',
  bullmq: 'libs/infra/tasks',
  '@nestjs/common': 'apps/api',
  '@nestjs/core': 'apps/api',
  '@nestjs/platform-fastify': 'apps/api',
  fastify: 'apps/api',
  rxjs: 'apps/api',
  // Some 100 modules, and some hundred schemas which V8 had to warm to anew in each context.
  zod: 'libs/contracts',
};

const entryOf = (name) => createRequire(join(clone, packages[name], 'package.json')).resolve(name);
export const load = (name) => import(pathToFileURL(entryOf(name)).href);

const versionOf = (name) => {
  for (let at = dirname(entryOf(name)); at !== dirname(at); at = dirname(at)) {
    const file = join(at, 'package.json');
    const own = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    if (own.name === name) return own.version;
  }
  return 'none';
};

/** Writes, once for each version, a module that hands on what the package exports, and answers its path. */
const doorOf = async (name) => {
  const path = join(folder, `${name.replaceAll(/\W/g, '_')}-${versionOf(name)}.mjs`);
  if (existsSync(path)) return path;
  const names = Object.keys(await load(name)).filter(
    (key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== 'default' && key !== 'module.exports',
  );
  const text = [
    `const all = globalThis[Symbol.for('gatehouse.packages')].get(${JSON.stringify(name)});`,
    ...names.map((key, i) => `const _${i} = all[${JSON.stringify(key)}];`),
    `export { ${names.map((key, i) => `_${i} as ${key}`).join(', ')} };`,
    'export default all.default;',
    '',
  ].join('\n');
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
  return path;
};

/** For Jest's `moduleNameMapper`. */
export const doors = async () =>
  Object.fromEntries(
    await Promise.all(Object.keys(packages).map(async (name) => [`^${name}$`, await doorOf(name)])),
  );
