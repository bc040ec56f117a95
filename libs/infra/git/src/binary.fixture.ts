const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';

/** Bytes as lines of git's base-85, 52 to a line. */
export const encodeBase85 = (data: Buffer): string => {
  let text = '';
  for (let from = 0; from < data.length; from += 52) {
    const line = data.subarray(from, from + 52);
    text += String.fromCharCode(line.length <= 26 ? 64 + line.length : 96 + line.length - 26);
    for (let i = 0; i < line.length; i += 4) {
      let value = 0;
      for (let j = 0; j < 4; j++) value = value * 256 + (line[i + j] ?? 0);
      let group = '';
      for (let j = 0; j < 5; j++) {
        group = (alphabet[value % 85] as string) + group;
        value = Math.floor(value / 85);
      }
      text += group;
    }
    text += '\n';
  }
  return text;
};

/** A binary patch of `f` that says what it is told to say. */
export const binaryPatch = (
  method: 'literal' | 'delta',
  size: number,
  deflated: Buffer,
  oldOid = 'a'.repeat(40),
  newOid = 'b'.repeat(40),
): string =>
  `diff --git a/f b/f\nindex ${oldOid}..${newOid} 100644\nGIT binary patch\n${method} ${size}\n${encodeBase85(deflated)}\n`;

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  do {
    bytes.push((value % 128) | (value >= 128 ? 128 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return bytes;
};

/** A delta that copies the start of its source over and over until the result has `result` bytes. */
export const deltaBomb = (source: number, result: number): Buffer => {
  const step = Math.min(source, 0xffff);
  const copies = Math.min(Math.ceil(result / step), 4000);
  return Buffer.from([
    ...varint(source),
    ...varint(result),
    ...Array.from({ length: copies }, () => [0xb0, step & 255, step >> 8]).flat(),
  ]);
};
