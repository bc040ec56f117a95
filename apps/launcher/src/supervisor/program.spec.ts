import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programOf } from './program.js';

describe('the file that an app is started from', () => {
  const apps = mkdtempSync(join(tmpdir(), 'gatehouse-program-'));
  const at = (...path: string[]): string => join(apps, 'api', 'dist', ...path);

  const write = (name: string, text: string): void => {
    mkdirSync(at(), { recursive: true });
    writeFileSync(at(name), text);
  };
  const bundle = (...names: string[]): void => {
    const made = names.map((name) => [name, statSync(at(name)).size, statSync(at(name)).mtimeMs]);
    write('bundle.mjs', '');
    write('bundle.json', JSON.stringify(made));
  };

  afterEach(() => rmSync(join(apps, 'api'), { recursive: true, force: true }));

  it('is the built one where there is no bundle', () => {
    write('main.js', 'one');
    expect(programOf(apps, 'api')).toBe(at('main.js'));
  });

  it('is the bundle while every file of it is as it was', () => {
    write('main.js', 'one');
    write('app.js', 'one');
    bundle('main.js', 'app.js');
    expect(programOf(apps, 'api')).toBe(at('bundle.mjs'));
  });

  it.each([
    ['has another size', () => write('app.js', 'three')],
    ['was written again', () => utimesSync(at('app.js'), new Date(), new Date(0))],
    ['is gone', () => rmSync(at('app.js'))],
    ['is not told, since its list is cut', () => write('bundle.json', '[["main.js"')],
  ])('is the built one where a file of the bundle %s', (_, change) => {
    write('main.js', 'one');
    write('app.js', 'one');
    bundle('main.js', 'app.js');
    change();
    expect(programOf(apps, 'api')).toBe(at('main.js'));
  });
});
