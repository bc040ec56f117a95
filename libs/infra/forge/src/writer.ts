export { createForgeWriter } from './forge.writer.js';
export { TokenDoor } from './token.door.js';
