import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  renameSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';

const sizeLimit = 10 * 1024 * 1024;
const kept = 4;
/** A line longer than this, in characters, is cut: a runaway child must not fill our memory. */
const lineLimit = 64 * 1024;

const shift = (path: string): void => {
  for (let at = kept - 1; at >= 1; at -= 1)
    if (existsSync(`${path}.${at}`)) renameSync(`${path}.${at}`, `${path}.${at + 1}`);
};

/** Moves the content of a log that another process keeps open into `path.1`, once it is too large. */
export const rotateInPlace = (path: string, limit = sizeLimit): void => {
  if (!existsSync(path) || statSync(path).size <= limit) return;
  shift(path);
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
};

/** An append-only log of bounded size: `name.log`, and older parts as `name.log.1` to `.4`. */
export class LogFile {
  readonly #path: string;
  readonly #limit: number;
  #file: number;
  #size: number;

  constructor(path: string, limit = sizeLimit) {
    this.#path = path;
    this.#limit = limit;
    this.#file = openSync(path, 'a', 0o600);
    this.#size = statSync(path).size;
  }

  /** Appends; a full disk costs log lines, never the supervisor. */
  write(text: string): void {
    try {
      if (this.#size > this.#limit) this.#rotate();
      this.#size += writeSync(this.#file, text);
    } catch {
      return;
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #rotate(): void {
    closeSync(this.#file);
    shift(this.#path);
    renameSync(this.#path, `${this.#path}.1`);
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#size = 0;
  }
}

/** Cuts a stream into lines; what is not JSON already, a stack trace for one, becomes a JSON line. */
export const jsonLines = (name: string, write: (line: string) => void, now = Date.now) => {
  let rest = '';
  const line = (text: string): void => {
    if (text === '') return;
    const isJson = text.startsWith('{') && text.endsWith('}');
    write(
      `${isJson ? text : JSON.stringify({ level: 50, time: now(), name, msg: text.slice(0, lineLimit) })}\n`,
    );
  };
  return {
    push(chunk: string): void {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      parts.forEach(line);
      if (rest.length > lineLimit) {
        line(rest);
        rest = '';
      }
    },
    end(): void {
      line(rest);
      rest = '';
    },
  };
};
