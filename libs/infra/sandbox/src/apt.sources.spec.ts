import { describe, expect, it } from '@jest/globals';
import { stanzasOf } from '../image/apt-sources.mjs';

describe('stanzasOf', () => {
  const deb822 = `# a comment
Types: deb
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: https://vendor.test
Suites: nodistro
Components: main

Types: deb-src
URIs: http://mirror.test/debian
Suites: bookworm
`;

  it('takes the stanzas of the release only', () => {
    const found = stanzasOf('/etc/apt/sources.list.d/debian.sources', deb822, 'bookworm');
    expect(found).toEqual([
      {
        format: 'sources',
        text: 'Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm bookworm-updates\nComponents: main\n',
      },
    ]);
  });

  it('takes the lines of the release only', () => {
    const text =
      '# deb http://x bookworm main\ndeb [arch=amd64 signed-by=/k] http://m.test/debian bookworm-security main\ndeb http://v.test cloud-sdk-bookworm main\ndeb-src http://m.test bookworm main\n';
    expect(stanzasOf('/etc/apt/sources.list', text, 'bookworm')).toEqual([
      { format: 'list', text: 'deb [arch=amd64 signed-by=/k] http://m.test/debian bookworm-security main\n' },
    ]);
    expect(stanzasOf('/etc/apt/sources.list', text, 'trixie')).toEqual([]);
  });
});
