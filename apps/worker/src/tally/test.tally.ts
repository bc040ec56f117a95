import { StringDecoder } from 'node:string_decoder';
import type { TestCounts } from '@gatehouse/contracts';
import { summaryFormats, type Added } from './summary.formats.js';

/** Summaries are short; what is longer is somebody's data. */
const longestLine = 1000;
const escapes = new RegExp(String.raw`\u001b\[[0-9;?]*[A-Za-z]`, 'g');

type Stream = 'stdout' | 'stderr';

/** Top-level results of the Test Anything Protocol; only with a plan, since others print `ok` as well. */
class TapCount {
  private planned = false;
  private readonly sum = { passed: 0, failed: 0, skipped: 0 };

  read(line: string): void {
    if (/^1\.\.\d{1,9}(?:\s|$)/.test(line)) this.planned = true;
    const found = /^(not )?ok\b(?!\s*\t)/.exec(line);
    if (found === null) return;
    if (/# *(?:skip|todo)/i.test(line)) this.sum.skipped += 1;
    else if (found[1] === undefined) this.sum.passed += 1;
    else this.sum.failed += 1;
  }

  counts(): Required<Omit<Added, 'total'>> | null {
    return this.planned ? this.sum : null;
  }
}

/**
 * Reads how many tests ran from what a command prints, while it prints it. Words can be forged by whoever wrote the
 * tests: this tells an honest emptiness from a pass, no more.
 */
export class TestTally {
  private readonly unread: Record<Stream, string> = { stdout: '', stderr: '' };
  private readonly decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  private readonly tap = new TapCount();
  private readonly sums = new Map<string, Required<Added>>();

  push(stream: Stream, chunk: Buffer): void {
    const text = this.unread[stream] + this.decoders[stream].write(chunk);
    const lines = text.split('\n');
    // The beginning of an endless line is enough to know that it is none of ours.
    this.unread[stream] = (lines.pop() ?? '').slice(0, longestLine * 4);
    for (const line of lines) this.read(line);
  }

  /** Null where nothing that was printed says how many tests ran. */
  counts(): TestCounts | null {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.read(this.unread[stream]);
      this.unread[stream] = '';
    }
    const tap = this.tap.counts();
    if (tap !== null) this.sums.set('tap', { ...tap, total: 0 });
    const replaced = new Set(
      summaryFormats.flatMap(({ name, insteadOf }) => (this.sums.has(name) ? (insteadOf ?? []) : [])),
    );
    const found = [...this.sums].filter(([name]) => !replaced.has(name));
    if (found.length === 0) return null;
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const [, { passed, failed, skipped, total }] of found) {
      counts.passed += passed + Math.max(0, total - failed - skipped);
      counts.failed += failed;
      counts.skipped += skipped;
    }
    const format = found
      .map(([name]) => name)
      .sort()
      .join('+');
    return { ...counts, format: format.slice(0, 40) };
  }

  private read(raw: string): void {
    const line = raw.replace(escapes, '').trimEnd();
    if (line === '' || line.length > longestLine) return;
    this.tap.read(line);
    for (const { name, read } of summaryFormats) {
      const added = read(line);
      if (added === null) continue;
      const { passed, failed, skipped, total } = this.sums.get(name) ?? {
        passed: 0,
        failed: 0,
        skipped: 0,
        total: 0,
      };
      this.sums.set(name, {
        passed: passed + (added.passed ?? 0),
        failed: failed + (added.failed ?? 0),
        skipped: skipped + (added.skipped ?? 0),
        total: total + (added.total ?? 0),
      });
    }
  }
}
