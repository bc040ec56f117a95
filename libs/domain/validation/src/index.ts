export * from './facts.js';
export * from './gate.js';
export * from './gates/index.js';
export * from './patch/parsed.js';
export * from './patch/patch.parser.js';
export * from './quote.js';
export * from './verdict.js';
