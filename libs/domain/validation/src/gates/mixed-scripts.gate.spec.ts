import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts } from '../facts.sample.js';
import { mixedScripts } from './mixed-scripts.gate.js';

const decision = (path: string, text: string, oldText?: string) =>
  mixedScripts.check(
    sampleFacts({
      changes: [{ path, text, ...(oldText !== undefined && { oldText, oldMode: '100644' }) }],
    }),
  );
const check = (path: string, text: string) => inShort(decision(path, text));

describe('mixed-scripts', () => {
  it.each([
    ['a Cyrillic letter among Latin ones', 'if (user.isАdmin) {'],
    ['one at the end of a name', 'import { verifу } from "./verify.js";'],
    ['a Greek one', 'const passwοrd = 1;'],
    ['a Greek capital', 'const ΑPI_KEY = 1;'],
    ['an Armenian one', 'const tօken = 1;'],
    ['a Cherokee one', 'class Ꭺdmin {}'],
    ['a word of Cyrillic twins alone', 'сору(a, b);'],
    ['letters that Python reads as exec', '𝓮𝔁𝓮𝓬(code)'],
    ['fullwidth letters', 'ｅｖａｌ(code)'],
    ['Cyrillic and Greek', 'const бо\u03bfк = 1'],
  ])('asks about %s, in code and in what agents obey', (_, text) => {
    expect(check('src/a.ts', text)).toBe('pass; script.mixed_word src/a.ts');
    expect(check('AGENTS.md', text)).toBe('pass; script.mixed_word AGENTS.md');
    expect(decision('src/a.ts', text).findings[0]?.severity).toBe('require_approval');
    expect(decision('docs/a.md', text).findings[0]?.severity).toBe('warn');
  });

  it.each([
    'fetch("https://gіthub.com/x")',
    'see https://аррӏе.com/',
    'git+ssh://git@gіtlab.com/a/b',
    'mail root@exаmple.org',
    '"https://xn--80ak6aa92e.com/"',
    '"https://user:pw@pаypal.com/"',
  ])('asks about the host in %s wherever it stands', (text) => {
    for (const path of ['src/a.ts', 'docs/a.md', 'test/a.spec.ts']) {
      const { findings } = decision(path, text);
      expect(findings).toContainEqual(
        expect.objectContaining({ code: 'script.mixed_host', severity: 'require_approval' }),
      );
    }
  });

  it.each([
    ['ASCII', 'const a = "https://example.org/x";'],
    ['words of one script each', '// Проверка пароля для Docker: JSON-файл и git-репозиторий'],
    ['a short Russian word between Latin ones', '// не хор, а `copy` и `paste`'],
    ['quantities', 'const Δt = λ * 2; // 5 μs, σ², πr, maxΩ, εMin'],
    ['Latin beside Japanese', 'const ユーザーID = "API仕様"; // Webサイト'],
    ['accents, composed or not', 'const größe = "cafe\u0301"; // naïve'],
    ['ordinals', 'const nota = "1º, 2ª";'],
    [
      'an honest host of another script',
      'https://bücher.example/ https://пример.рф/ https://xn--bcher-kva.example/',
    ],
    ['Chinese', '// 修复了登录页面的 bug'],
    ['Thai, Arabic and Hebrew beside Latin', 'title: "API ของเรา", "واجهة API", "ממשק API"'],
  ])('lets %s pass', (_, text) => expect(check('src/a.ts', text)).toBe('pass'));

  it('looks at added lines alone, and spells what they hold', () => {
    const old = 'const isАdmin = 1;\n';
    const { findings } = decision('a.ts', `${old}const b = pаy;\n`, old);
    expect(findings).toMatchObject([{ startLine: 2, evidence: 'line 2: p<U+430>y' }]);
  });
});
