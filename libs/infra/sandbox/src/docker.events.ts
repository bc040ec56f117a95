import type { Readable } from 'node:stream';

/** The engine's events of one container, a JSON object per line. */
export class EventWatch {
  onOom: () => void = () => {};
  onExecDie: (id: string, code: number) => void = () => {};
  private heard = '';

  constructor(private readonly stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('error', () => {});
    stream.on('data', (text: string) => {
      this.heard += text;
      for (let at = this.heard.indexOf('\n'); at >= 0; at = this.heard.indexOf('\n')) {
        this.take(this.heard.slice(0, at));
        this.heard = this.heard.slice(at + 1);
      }
    });
  }

  close(): void {
    this.stream.destroy();
  }

  private take(line: string): void {
    const event = JSON.parse(line) as { Action?: string; Actor?: { Attributes?: Record<string, string> } };
    const facts = event.Actor?.Attributes ?? {};
    if (event.Action === 'oom') this.onOom();
    if (event.Action === 'exec_die') this.onExecDie(facts['execID'] ?? '', Number(facts['exitCode'] ?? 255));
  }
}
