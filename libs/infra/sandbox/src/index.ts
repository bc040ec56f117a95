export * from './sandbox.contract.js';
export { createSandbox } from './sandbox.factory.js';
export { probeSandboxes, type SandboxOptions, type SandboxProbe } from './sandbox.probe.js';
export { sweepOrphans, type SweepOptions, type SweepReport } from './orphan.sweeper.js';
