export * from './api.client.js';
export * from './api.problem.js';
export type { Download } from './download.js';
export type { EventStream, FollowOptions } from './event.stream.js';
export type { Answer, CallArguments, CallOptions, InputOf } from './route.request.js';
export type { Bytes } from './transport.js';
