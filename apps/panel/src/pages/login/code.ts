/** The one-time code of a fragment like `#code=abc`; null where there is none. */
export const codeOf = (fragment: string): string | null => {
  const code = new URLSearchParams(fragment.replace(/^#/, '')).get('code');
  return code === null || code.trim() === '' ? null : code.trim();
};
