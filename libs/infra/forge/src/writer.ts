export { createForgeWriter } from './forge.writer.js';
