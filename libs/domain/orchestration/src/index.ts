export { logError, makeLog, nestLog } from './process.log.js';
export { runTaskProcess, type TaskProcessOptions } from './task.process.js';
