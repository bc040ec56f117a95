import { GatehouseError } from '@gatehouse/contracts';
import type { GitRunner, GitStream } from './git.runner.js';
import { BatchOutput, type GitObject, type ObjectInfo } from './object.batch.js';
import { isObjectId } from './ref.name.js';

/** Objects asked for before the first of them was taken. */
const ahead = 4;
/** Longer than all that is done with one repository; for a git that hangs. */
const timeoutMs = 1_800_000;

/** One `git cat-file --batch-command` kept open: answers come in the order of the questions. */
export class ObjectDialogue {
  private readonly running: GitStream;
  private readonly output: BatchOutput;
  private questions: Buffer[] = [];
  private wake: (() => void) | undefined;
  private closed = false;
  private broken = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(git: GitRunner, gitDir: string) {
    this.running = git.stream(['cat-file', '--batch-command'], {
      gitDir,
      input: this.ask(),
      timeoutMs,
      maxOutputBytes: Number.MAX_SAFE_INTEGER,
    });
    this.output = new BatchOutput(this.running.stdout);
  }

  /** Whether it answers nothing more. */
  get isOver(): boolean {
    return this.closed || this.broken;
  }

  /**
   * The object of this id; undefined where there is none.
   * @throws GatehouseError `git.refused` where it is larger
   */
  read(oid: string, maxBytes: number): Promise<GitObject | undefined> {
    return this.next(`contents ${nameOf(oid)}\n`, () => this.output.next(oid, maxBytes));
  }

  /** Objects one after the other, in the order asked; a few are read ahead of whoever takes them. */
  async *readAll(oids: readonly string[], maxBytes: number): AsyncGenerator<GitObject | undefined> {
    const under: Promise<GitObject | undefined>[] = [];
    for (let asked = 0; asked < oids.length || under.length > 0;) {
      while (under.length < ahead && asked < oids.length) {
        const answer = this.read(oids[asked++] as string, maxBytes);
        // One that nobody waits for any more may fail.
        answer.catch(() => undefined);
        under.push(answer);
      }
      yield await (under.shift() as Promise<GitObject | undefined>);
    }
  }

  /** Type and size, in the order asked; undefined where there is no such object. */
  info(oids: readonly string[]): Promise<(ObjectInfo | undefined)[]> {
    return this.next(oids.map((oid) => `info ${nameOf(oid)}\n`).join(''), async () => {
      const found: (ObjectInfo | undefined)[] = [];
      for (const _ of oids) found.push(await this.output.nextInfo());
      return found;
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wake?.();
    this.running.stdout.destroy();
    await this.running.done.catch(() => undefined);
  }

  private next<T>(question: string, take: () => Promise<T>): Promise<T> {
    this.questions.push(Buffer.from(question));
    this.wake?.();
    const answer = this.turn.then(take).catch((error: unknown) => this.explain(error));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /** What is too large was passed over, and the dialogue goes on; anything else is its end. */
  private async explain(error: unknown): Promise<never> {
    if (error instanceof GatehouseError && error.code === 'git.refused') throw error;
    this.broken = true;
    this.running.kill();
    // Why git ended says more than that it did.
    if (!this.closed) await this.running.done;
    throw error;
  }

  private async *ask(): AsyncGenerator<Buffer> {
    while (!this.closed) {
      const questions = this.questions;
      this.questions = [];
      if (questions.length > 0) yield Buffer.concat(questions);
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

const nameOf = (oid: string): string => {
  if (isObjectId(oid)) return oid;
  throw new GatehouseError('git.refused', `${JSON.stringify(oid.slice(0, 60))} is not a full object id.`);
};

/** By git directory: quarantines, of which each is read through one process for as long as it is there. */
const kept = new Map<string, ObjectDialogue | undefined>();

/** From now on this repository is read through one process, which is started by the first question. */
export const keepDialogue = (gitDir: string): void => void kept.set(gitDir, undefined);

/** Ends what `keepDialogue` began. */
export const endDialogue = async (gitDir: string): Promise<void> => {
  const dialogue = kept.get(gitDir);
  kept.delete(gitDir);
  await dialogue?.close();
};

/** The dialogue of a repository that has one. */
export const keptDialogue = (git: GitRunner, gitDir: string): ObjectDialogue | undefined => {
  if (!kept.has(gitDir)) return undefined;
  const open = kept.get(gitDir);
  if (open !== undefined && !open.isOver) return open;
  const made = new ObjectDialogue(git, gitDir);
  kept.set(gitDir, made);
  return made;
};

/** Lets `use` ask about objects: through the repository's own dialogue, or through one for this alone. */
export const withDialogue = async <T>(
  git: GitRunner,
  gitDir: string,
  use: (dialogue: ObjectDialogue) => Promise<T>,
): Promise<T> => {
  const open = keptDialogue(git, gitDir);
  if (open !== undefined) return use(open);
  const own = new ObjectDialogue(git, gitDir);
  try {
    return await use(own);
  } finally {
    await own.close();
  }
};
