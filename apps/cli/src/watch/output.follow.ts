import type { Client } from '@gatehouse/client';

type Stream = 'stdout' | 'stderr';

/** Characters kept back while a line has no end. */
const longestLine = 65_536;

/** Complete lines out of pieces of text, and what is left at the end. */
export class LineBuffer {
  #rest = '';

  push(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    // A line without an end must not grow without bound.
    if (this.#rest.length > longestLine) lines.push(...this.flush());
    return lines;
  }

  flush(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}

/** Reads the output of one attempt bit by bit, from where it stopped the last time. */
export class OutputReader {
  readonly #at: Record<Stream, number> = { stdout: 0, stderr: 0 };
  readonly #lines = { stdout: new LineBuffer(), stderr: new LineBuffer() };
  readonly #sealed = { stdout: false, stderr: false };
  readonly #client: Client;
  readonly #attemptId: string;
  readonly #signal: AbortSignal | undefined;

  constructor(client: Client, attemptId: string, signal?: AbortSignal) {
    this.#client = client;
    this.#attemptId = attemptId;
    this.#signal = signal;
  }

  get isSealed(): boolean {
    return this.#sealed.stdout && this.#sealed.stderr;
  }

  /** Lines that came since the last time. */
  async read(streams: readonly Stream[] = ['stdout', 'stderr']): Promise<{ stream: Stream; line: string }[]> {
    const found: { stream: Stream; line: string }[] = [];
    for (const stream of streams) {
      const add = (lines: readonly string[]) => found.push(...lines.map((line) => ({ stream, line })));
      while (!this.#sealed[stream]) {
        const page = await this.#client.call('attempts.output', {
          params: { id: this.#attemptId },
          query: { stream, from: this.#at[stream] },
          signal: this.#signal,
        });
        add(this.#lines[stream].push(page.text));
        const isStuck = page.next <= this.#at[stream];
        this.#at[stream] = page.next;
        if (page.sealed && page.next >= page.size) {
          this.#sealed[stream] = true;
          add(this.#lines[stream].flush());
          if (page.truncated) add(['… the rest was over the limit and was not kept']);
        }
        if (isStuck || page.next >= page.size) break;
      }
    }
    return found;
  }

  /** A last line without an end. */
  flush(): { stream: Stream; line: string }[] {
    return (['stdout', 'stderr'] as const).flatMap((stream) =>
      this.#lines[stream].flush().map((line) => ({ stream, line })),
    );
  }
}
