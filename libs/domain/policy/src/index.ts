export * from './default.policy.js';
export * from './glob.js';
export * from './merge.js';
export * from './path.js';
export * from './access.js';
