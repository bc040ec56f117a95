import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { licenceHeader } from './licence-header.gate.js';

const decision = (change: SampleChange) => licenceHeader.check(sampleFacts({ changes: [change] }));
const edit = (path: string, oldText: string, text: string) =>
  inShort(decision({ path, oldMode: '100644', oldText, text }));
const add = (path: string, text: string) => inShort(decision({ path, text }));
const header = '// Copyright (c) 2020 Acme Ltd.\n// SPDX-License-Identifier: Apache-2.0\n';

describe('licence-header', () => {
  it.each(['LICENSE', 'COPYING', 'docs/NOTICE.txt', 'License.md', 'LICENSE-MIT'])('guards %s', (path) => {
    expect(edit(path, 'MIT License\nfree\n', 'MIT License\nnot free\n')).toBe(
      `fail; licence.file_changed ${path}`,
    );
    expect(inShort(decision({ path, oldMode: '100644', newMode: '000000', oldText: 'x' }))).toBe(
      `fail; licence.file_removed ${path}`,
    );
    expect(add(path, 'MIT License\n')).toBe(`pass; licence.file_added ${path}`);
  });

  it('blocks a header that goes or changes its words', () => {
    expect(edit('a.ts', `${header}x\n`, 'x\n')).toBe('fail; licence.header_removed a.ts');
    expect(edit('a.ts', `${header}x\n`, `${header.replace('Acme', 'Evil')}x\n`)).toBe(
      'fail; licence.header_changed a.ts',
    );
    expect(edit('a.c', `/* Licensed under MIT */\n${header}`, header)).toBe(
      'fail; licence.header_changed a.c',
    );
  });

  it.each([
    ['a header', '// SPDX-License-Identifier: GPL-3.0-or-later\nx\n', 'a.c'],
    ['words', ' * under the terms of the GNU Affero General Public License\n', 'a.c'],
    ['a package', '{\n  "license": "AGPL-3.0-only"\n}\n', 'package.json'],
  ])('asks about copyleft in %s', (_, text, path) =>
    expect(add(path, text)).toBe(`pass; licence.copyleft ${path}`),
  );

  it.each([
    ['another year', `${header}x\n`, `${header.replace('2020', '2020-2026')}x\n`],
    [
      'another sign of comments',
      `${header}x\n`,
      `/*\n * Copyright (c) 2020 Acme Ltd.\n * SPDX-License-Identifier: Apache-2.0\n */\nx\n`,
    ],
    ['code below the header', `${header}x\n`, `${header}y\n`],
    ['code above a line that stays', `x\n${header}`, `${'y\n'.repeat(60)}x\n${header}`],
    ['a new header', 'x\n', `${header}x\n`],
    ['a line further down', `${'x\n'.repeat(50)}copyright (c) 2020\n`, `${'x\n'.repeat(50)}`],
  ])('lets %s pass', (_, before, after) => expect(edit('a.ts', before, after)).toBe('pass'));

  it('lets pass what only speaks of licences', () => {
    expect(edit('LICENSE', 'Copyright 2020 Acme\n', 'Copyright 2026 Acme\n')).toBe('pass');
    expect(edit('src/license.ts', 'a\n', 'b\n')).toBe('pass');
    expect(add('docs/a.md', 'GPL: the GNU General Public License')).toBe('pass');
    expect(add('a.ts', '// SPDX-License-Identifier: MIT\n')).toBe('pass');
    expect(inShort(decision({ path: 'a.ts', oldMode: '100644', newMode: '000000', oldText: header }))).toBe(
      'pass',
    );
  });
});
