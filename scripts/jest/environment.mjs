import asyncHooks from 'node:async_hooks';
import { TestEnvironment } from 'jest-environment-node';
import { compileOnce } from './compiled.mjs';
import { load, packages } from './packages.mjs';

let loaded;

/**
 * Jest's runner makes such a storage for each spec file and never switches it off, and up to Node 22 every promise of
 * the process asks every storage that is on: what a file costs grew with the number of files before it.
 */
const storages = new Set();
asyncHooks.AsyncLocalStorage = class extends asyncHooks.AsyncLocalStorage {
  constructor(...args) {
    super(...args);
    storages.add(this);
  }
};

compileOnce();

/** Node's environment of Jest, with the packages of packages.mjs, and with the classes that they know. */
export default class GatehouseEnvironment extends TestEnvironment {
  constructor(...args) {
    super(...args);
    this.global.Reflect = Reflect;
  }
  async setup() {
    await super.setup();
    loaded ??= new Map(
      await Promise.all(Object.keys(packages).map(async (name) => [name, await load(name)])),
    );
    this.global[Symbol.for('gatehouse.packages')] = loaded;
  }
  async teardown() {
    for (const storage of storages) storage.disable();
    storages.clear();
    await super.teardown();
  }
}
