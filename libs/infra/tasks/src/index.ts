export { afterCommit, type Database, type Transaction } from './after-commit.js';
export { prepareQueue, type QueueAddress } from './bullmq.connection.js';
export { Outage, type OutageListener, type Recovery } from './outage.js';
export {
  defaultMaxAttempts,
  describeError,
  pauseAfter,
  verdictOn,
  type NewTask,
  type Verdict,
} from './task.js';
export { TaskRelay, tasksChannel, type TaskRelayOptions } from './task-relay.js';
export {
  taskHandler,
  TaskWorker,
  type AnyTaskHandler,
  type TaskContext,
  type TaskFailure,
  type TaskHandler,
  type TaskWorkerOptions,
} from './task-worker.js';
export { Tasks } from './tasks.js';
