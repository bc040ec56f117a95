import type { Page, Task, TaskQuery, TaskType } from '@gatehouse/contracts';
import type { NotifyHub } from '@gatehouse/database';
import { afterCommit, type Database, type Transaction } from './after-commit.js';
import { OutboxRepository } from './outbox.repository.js';
import { queueOf, type NewTask } from './task.js';
import { tasksChannel } from './task-relay.js';
import { TasksRepository } from './tasks.repository.js';

/** The door to durable tasks for whoever needs one done, or wants to see what became of it. */
export class Tasks {
  readonly #tasks: TasksRepository;
  readonly #outbox: OutboxRepository;

  constructor(
    database: Database,
    private readonly hub: NotifyHub,
  ) {
    this.#tasks = new TasksRepository(database);
    this.#outbox = new OutboxRepository(database);
  }

  /**
   * Writes the task in the caller's transaction and answers its id: it exists if, and only if, that commits.
   * With a `dedupeKey` that already waits, the id is that of the waiting task.
   */
  async enqueue<T extends string = TaskType>(manager: Transaction, task: NewTask<T>): Promise<string> {
    const id = await this.#tasks.insert(manager, task as NewTask<string>);
    const queue = queueOf(task as NewTask<string>);
    afterCommit(manager, `${tasksChannel}:${queue}`, () => this.hub.notify(tasksChannel, queue));
    return id;
  }

  /**
   * One row of the caller's and its task in one statement, in a transaction of its own: for a door that has to answer
   * quickly. `insert` is an INSERT that returns something for a new row, and nothing for one that is there already:
   * that gets no task, and this answers false.
   */
  async enqueueBeside<T extends string = TaskType>(
    insert: { readonly sql: string; readonly parameters: readonly unknown[] },
    task: NewTask<T>,
  ): Promise<boolean> {
    const made = await this.#tasks.insertBeside(insert.sql, insert.parameters, task as NewTask<string>);
    if (made) this.hub.notify(tasksChannel, queueOf(task as NewTask<string>));
    return made;
  }

  /** Newest first. */
  list(query: TaskQuery): Promise<Page<Task>> {
    return this.#tasks.list(query);
  }

  /** Throws `task.not_found`. */
  find(id: string): Promise<Task> {
    return this.#tasks.find(id);
  }

  /** Runs a dead task again, its attempts counted anew. Throws `task.not_found`, `task.not_dead`. */
  async retryDead(id: string): Promise<Task> {
    const task = await this.#tasks.reviveDead(id);
    this.hub.notify(tasksChannel);
    return task;
  }

  /** Removes done tasks that are older; answers how many. Dead ones stay. */
  prune(days: number): Promise<number> {
    return this.#outbox.prune(days);
  }
}
