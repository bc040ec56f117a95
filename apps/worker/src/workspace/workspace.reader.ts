import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { GatehouseError, type RunLimits } from '@gatehouse/contracts';
import type { Sandbox, SandboxResult } from '@gatehouse/sandbox';
import { startGuarded, type SandboxGuard } from '../lease/guarded.sandbox.js';
import type { BaseEntries } from './materialise.js';
import { FrameCutter, frameOf, hear, manifestOf, parseEntry, say, type Listed } from './reader.frame.js';
import { pathBytes, type PathKey } from './tree.name.js';

const program = readFileSync(fileURLToPath(new URL('./harvest-reader.mjs', import.meta.url)), 'utf8');
/** Folders below each other; the path length of Linux ends sooner in any tree made by names of a usual length. */
const mostDepth = 1000;
const harvestMs = 30 * 60_000;
const memoryBytes = 1024 * 1024 * 1024;

interface Question {
  readonly onFrame: (type: number, payload: Buffer) => boolean;
  readonly settle: (error?: unknown) => void;
}

/** A bound was passed: an answer about the workspace, not a fault of ours. */
export type ReaderBound = 'entries';

/**
 * Reads a dead workspace through harvest-reader.mjs, in a sandbox that sees nothing else and may not write to it.
 * Its words are bounded and checked here: it has read hostile bytes.
 */
export class WorkspaceReader {
  private readonly questions: Question[] = [];
  private readonly input = new PassThrough();
  private listed = 0;
  private done: Promise<SandboxResult> | undefined;
  private broken: unknown;
  private said = '';
  /** Set once the workspace was larger than allowed; every answer after that is empty. */
  bound: ReaderBound | undefined;

  private constructor(private readonly mostListed: number) {}

  static async open(options: {
    sandbox: Sandbox;
    keeper: SandboxGuard;
    leaseId: string;
    workspace: string;
    image: string | null;
    base: BaseEntries;
    limits: Pick<RunLimits, 'harvestEntries' | 'tmpBytes'>;
  }): Promise<WorkspaceReader> {
    const { sandbox, keeper, leaseId, workspace, image, base, limits } = options;
    // Beside the base's own entries some may be folders that could not be read to their end.
    const reader = new WorkspaceReader((limits.harvestEntries + base.size) * 2);
    const cutter = new FrameCutter((type, payload) => reader.receive(type, payload));
    const { done } = await startGuarded(sandbox, keeper, {
      leaseId,
      // As an argument: then nothing needs to be mounted, and it is the same for every kind of sandbox.
      argv: [sandbox.node, '--max-old-space-size=512', '--input-type=module', '--eval', program],
      workspace,
      workspaceReadOnly: true,
      input: reader.input,
      env: {},
      ...(image === null ? {} : { image }),
      limits: {
        wallMs: harvestMs,
        memoryBytes,
        cpus: 2,
        pids: 64,
        tmpfsBytes: limits.tmpBytes,
        outputBytes: Number.MAX_SAFE_INTEGER,
      },
      onOutput: (stream, chunk) => {
        if (stream === 'stderr') reader.said = (reader.said + chunk.toString('latin1')).slice(-2000);
        else if (reader.broken === undefined) reader.guard(() => cutter.push(chunk));
      },
    });
    reader.done = done;
    const ended = (result: SandboxResult | undefined, error?: unknown): void =>
      reader.fail(
        error ??
          `it ended early (${result?.outcome} ${result?.exitCode ?? ''} ${result?.detail ?? ''} ${reader.said.trim()})`,
      );
    void done.then(
      (result) => ended(result),
      (error: unknown) => ended(undefined, error),
    );
    reader.tell(say.manifest, manifestOf(base, { entries: limits.harvestEntries, depth: mostDepth }));
    return reader;
  }

  /** Everything below some folders ('' is the workspace), stopping at folders in which the base has nothing. */
  async walk(folders: readonly PathKey[]): Promise<Listed[]> {
    const found: Listed[] = [];
    await Promise.all(
      folders.map((folder) => {
        this.tell(say.walk, pathBytes(folder));
        return this.ask((type, payload) => {
          if (type !== hear.entry) return type === hear.walked;
          if (++this.listed > this.mostListed) throw new RangeError('more entries than it was told to list');
          found.push(parseEntry(payload));
          return false;
        });
      }),
    );
    return this.bound === undefined ? found : [];
  }

  /** The bytes of a file, or the target of a link; undefined where it cannot be read. */
  async read(path: PathKey, mostBytes: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let size = 0;
    let readable = true;
    this.tell(say.read, pathBytes(path));
    await this.ask((type, payload) => {
      if (type === hear.cannotRead) readable = false;
      else if (type === hear.content) {
        size += payload.length;
        if (size > mostBytes) throw new RangeError('more bytes than the file was listed with');
        parts.push(Buffer.from(payload));
      }
      return type === hear.contentEnd || type === hear.cannotRead;
    });
    return readable ? Buffer.concat(parts) : undefined;
  }

  /** Ends the reader; resolves when it is dead. */
  async close(): Promise<void> {
    this.input.end();
    await this.done?.catch(() => undefined);
  }

  private tell(type: number, payload: Buffer): void {
    this.input.write(frameOf(type, payload));
  }

  private ask(onFrame: Question['onFrame']): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
      if (this.bound !== undefined) settle();
      else if (this.broken !== undefined) settle(this.broken);
      else this.questions.push({ onFrame, settle });
    });
  }

  private receive(type: number, payload: Buffer): void {
    if (type === hear.bound) {
      this.bound = 'entries';
      for (const question of this.questions.splice(0)) question.settle();
      return;
    }
    const [question] = this.questions;
    if (question === undefined) throw new RangeError('an answer that nobody asked for');
    if (!question.onFrame(type, payload)) return;
    this.questions.shift();
    question.settle();
  }

  private guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fail(`it said what it could not have meant: ${(error as Error).message}`);
    }
  }

  private fail(why: unknown): void {
    if (this.broken !== undefined || this.bound !== undefined) return;
    this.broken =
      why instanceof GatehouseError
        ? why
        : new GatehouseError(
            'sandbox.failed',
            `The reader of the workspace failed: ${String(why).trim()}. The attempt can be repeated.`,
          );
    this.input.end();
    for (const question of this.questions.splice(0)) question.settle(this.broken);
  }
}
