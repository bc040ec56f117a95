import { describe, expect, it } from '@jest/globals';
import { countHidden, reveal } from './reveal.js';

describe('reveal', () => {
  it('writes out what reorders, joins or hides text', () => {
    expect(reveal('a\u202Eb\u2066c\u200Bd\uFEFFe\u0000')).toBe(
      'a⟨U+202E⟩b⟨U+2066⟩c⟨U+200B⟩d⟨U+FEFF⟩e⟨U+0000⟩',
    );
    expect(reveal('\u{E0041}')).toBe('⟨U+E0041⟩');
    expect(countHidden('a\u202Eb\u202C')).toBe(2);
  });

  it('writes out letters that imitate Latin ones in a word of them, and leaves words of their own alone', () => {
    expect(reveal('p\u0430yp\u0430l.com')).toBe('p⟨U+0430⟩yp⟨U+0430⟩l.com');
    expect(reveal('is\u0410dmin')).toBe('is⟨U+0410⟩dmin');
    for (const honest of ['оплата прошла', 'Ελλάδα', '10 µm', 'Δx']) expect(reveal(honest)).toBe(honest);
  });

  it('leaves text, tabs and line ends alone', () => {
    const plain = 'const größe = "日本語 🙂";\n\tif (x) {}\r\n';
    expect(reveal(plain)).toBe(plain);
    expect(countHidden(plain)).toBe(0);
  });
});
