// Reads /etc/apt sources, so that no mirror is named anywhere in this project.

/**
 * The parts of one sources file that offer a release or its updates.
 * @param {string} file its name decides the format: one line per source, or deb822 stanzas
 * @param {string} text
 * @param {string} release e.g. bookworm
 * @returns {{ format: 'list' | 'sources', text: string }[]}
 */
export const stanzasOf = (file, text, release) => {
  const offers = (suite) => suite === release || suite.startsWith(`${release}-`);
  const plain = text.split('\n').filter((line) => !line.startsWith('#'));
  if (file.endsWith('.sources')) {
    const stanzas = plain.join('\n').split(/\n\s*\n/);
    return stanzas
      .filter(
        (s) =>
          /^Types:(?:.*\s)?deb(?:\s|$)/m.test(s) &&
          (s.match(/^Suites:(.*)$/m)?.[1] ?? '').trim().split(/\s+/).every(offers),
      )
      .map((s) => ({ format: 'sources', text: `${s.trim()}\n` }));
  }
  const lines = plain.filter((line) => {
    const words = line
      .trim()
      .replace(/\[[^\]]*\]\s*/, '')
      .split(/\s+/);
    return words[0] === 'deb' && offers(words[2] ?? '');
  });
  return lines.length > 0 ? [{ format: 'list', text: `${lines.join('\n')}\n` }] : [];
};
