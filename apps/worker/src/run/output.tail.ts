/** Enough bytes for 8000 characters of up to four bytes each. */
const keptBytes = 32_000;
const mostCharacters = 8000;

/** Text as JSON and a database can hold it: no NUL, no half of a surrogate pair at either cut. */
export const cleanText = (text: string): string =>
  text.replaceAll('\0', '\ufffd').replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');

/** The last of what a command printed, on both streams in the order of arrival. */
export class OutputTail {
  private kept = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.kept = Buffer.concat([this.kept, chunk]).subarray(-keptBytes);
  }

  text(): string {
    return cleanText(this.kept.toString('utf8').slice(-mostCharacters));
  }
}
