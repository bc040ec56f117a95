export { afterCommit, type Database, type Transaction } from './after-commit.js';
export { prepareQueue, type QueueAddress } from './bullmq.queue.js';
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
