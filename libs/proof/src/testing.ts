export { happenings, predicateOf, type Happening, type SampleChange } from './proof.fixture.js';
