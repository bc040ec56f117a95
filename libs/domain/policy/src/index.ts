export * from './access.js';
export * from './default.policy.js';
export * from './glob.js';
export * from './merge.js';
export * from './path.fold.js';
export * from './path.js';
export * from './runtime-artifact.js';
