import type { Page, Task, TaskQuery, TaskType } from '@gatehouse/contracts';
import type { NotifyHub } from '@gatehouse/database';
import { afterCommit, type Database, type Transaction } from './after-commit.js';
import { OutboxRepository } from './outbox.repository.js';
import { queueOf, type NewTask } from './task.js';
import { tasksChannel } from './task-relay.js';
import { TasksRepository, type RowsBeside } from './tasks.repository.js';

const hintPauseMs = 20;

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
   * Rows of the caller's and their tasks in one statement, in a transaction of its own: for a door that has to answer
   * quickly. `insert` is an INSERT that returns the `id` of each new row; one that is there already is not returned,
   * and gets no task. Answers the ids of the new ones.
   */
  async enqueueBeside<T extends string = TaskType>(
    insert: RowsBeside,
    tasks: ReadonlyMap<string, NewTask<T>>,
  ): Promise<ReadonlySet<string>> {
    const given = tasks as ReadonlyMap<string, NewTask<string>>;
    const made = await this.#tasks.insertBeside(insert, given);
    // A notification for each would cost as much as the row.
    for (const queue of new Set([...made].map((id) => queueOf(given.get(id) as NewTask<string>))))
      this.hub.notify(tasksChannel, queue, { withinMs: hintPauseMs });
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

  /** Runs a dead task again, its attempts counted anew. Throws `task.not_found`, `task.not_dead`, `task.twin_waits`. */
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
