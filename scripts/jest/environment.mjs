import { TestEnvironment } from 'jest-environment-node';
import { load, packages } from './packages.mjs';

let loaded;

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
}
