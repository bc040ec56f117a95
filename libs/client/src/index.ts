export * from './api.problem.js';
export type { Download } from './download.js';
export type { Bytes } from './transport.js';
