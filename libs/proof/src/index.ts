export * from './canonical.js';
export * from './candidate.js';
export * from './chain.js';
export * from './checkpoint.js';
export * from './digest.js';
export * from './signature.js';
export * from './tombstone.js';
