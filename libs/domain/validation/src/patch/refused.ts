import { patchRefusals, type PatchRefusal, type PatchRefusalCode } from './parsed.js';

/** Carries a refusal out of the depth of the parser; it never leaves this folder. */
export class Refused {
  constructor(readonly refusal: PatchRefusal) {}
}

const maxDetail = 300;

/** `detail` says what was seen or what to do; it may hold bytes of the patch and is made printable here. */
export const refuse = (code: PatchRefusalCode, line: number, detail = ''): never => {
  const printable = detail.slice(0, maxDetail).replace(/[^\x20-\x7e]/g, '?');
  const message = `Line ${line}: ${patchRefusals[code]}${printable === '' ? '' : ` ${printable}`}`;
  throw new Refused({ ok: false, code, message, line });
};
