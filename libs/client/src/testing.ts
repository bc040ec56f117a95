export * from './testing/fake.plane.js';
export * from './testing/samples.js';
