export function stanzasOf(
  file: string,
  text: string,
  release: string,
): { format: 'list' | 'sources'; text: string }[];
