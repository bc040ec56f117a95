export { happenings, predicateOf, type Happening, type SampleChange } from './proof.fixture.js';
export { logContent, logOf } from './log.fixture.js';
