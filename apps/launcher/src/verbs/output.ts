/** How a verb speaks: words for a person on stdout, or one JSON value there and the words on stderr. */
export interface Output {
  /** A line for the person who waits. */
  say(line: string): void;
  /** The result: as JSON where that was asked for, else as `lines`. */
  result(value: unknown, lines: readonly string[]): void;
}

export const makeOutput = (
  asJson: boolean,
  out: (text: string) => void = (text) => process.stdout.write(text),
  err: (text: string) => void = (text) => process.stderr.write(text),
): Output => ({
  say: (line) => (asJson ? err : out)(`${line}\n`),
  result: (value, lines) =>
    out(asJson ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join('')),
});
