export {
  connectionOf,
  fail,
  openOnce,
  pass,
  runCheck,
  warn,
  type Answer,
  type Check,
  type CheckContext,
  type Database,
  type MissingDatabase,
} from './check.js';
export { checks, stopsServing } from './checks/index.js';
