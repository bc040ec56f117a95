import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changedFiles } from './changed.files.js';
import { sampleFacts, type SampleChange } from './facts.sample.js';

const filesOf = (...changes: SampleChange[]) => changedFiles(sampleFacts({ changes }).change!);

describe('changedFiles', () => {
  it('numbers the lines that the old text has nowhere', () => {
    const [file] = filesOf({ path: 'a', oldMode: '100644', oldText: 'one\ntwo\n', text: 'two\nnew\none\n' });
    expect(file).toMatchObject({ added: [{ number: 2, text: 'new' }], removed: [] });
  });

  it('takes a file of CRLF lines for the same lines', () => {
    const [file] = filesOf({ path: 'a', oldMode: '100644', oldText: 'a\nb\n', text: 'a\r\nb\r\nc\r\n' });
    expect(file?.added).toEqual([{ number: 3, text: 'c' }]);
  });

  it('has all lines of a new file, and those of a deleted one as removed', () => {
    const [made, gone] = filesOf(
      { path: 'a', text: 'x\ny' },
      { path: 'b', oldMode: '100644', newMode: '000000', oldText: 'z\n' },
    );
    expect(made).toMatchObject({ old: null, added: [{ number: 1 }, { number: 2 }] });
    expect(gone).toMatchObject({ new: null, added: [], removed: [{ number: 1, text: 'z' }] });
  });

  it('leaves links and submodules out, and has no lines of what is binary', () => {
    const files = filesOf(
      { path: 'link', newMode: '120000', text: 'target' },
      { path: 'bin', text: Buffer.from('a\0b\n') },
    );
    expect(files.map(({ path, added }) => [path, added])).toEqual([['bin', []]]);
  });

  it('loses no added line: whatever is in the new text alone is listed', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 8 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const [file] = filesOf({
          path: 'f',
          oldMode: '100644',
          oldText: before.join('\n'),
          text: after.join('\n'),
        });
        const expected = after.filter((line) => !before.includes(line));
        expect(file!.added.map((line) => line.text)).toEqual(expected);
      }),
    );
  });
});
