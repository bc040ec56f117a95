import { standIn } from '../../elements/Shown.js';

const name = 'stand-in';

/** Places of stand-ins in one line, which the viewer may have cut into several pieces. */
const rangesOf = (line: Element): Range[] => {
  const text = line.textContent ?? '';
  if (!text.includes('⟨')) return [];
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  const nodes: { node: Node; from: number; to: number }[] = [];
  let at = 0;
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const length = node.nodeValue?.length ?? 0;
    nodes.push({ node, from: at, to: at + length });
    at += length;
  }
  return [...text.matchAll(standIn)].flatMap((match) => {
    const end = match.index + match[0].length;
    const first = nodes.find((one) => match.index < one.to);
    const last = nodes.find((one) => end <= one.to);
    if (first === undefined || last === undefined) return [];
    const range = new Range();
    range.setStart(first.node, match.index - first.from);
    range.setEnd(last.node, end - last.from);
    return [range];
  });
};

/**
 * Marks stand-ins in lines that a viewer draws, without a change of what it drew: colours by syntax would pass them
 * off as code. Answers how to end it. A browser without the CSS highlight API shows them as they are.
 */
export const markLines = (root: Element): (() => void) => {
  if (!('highlights' in CSS)) return () => undefined;
  let own: Range[] = [];
  const highlight = CSS.highlights.get(name) ?? new Highlight();
  CSS.highlights.set(name, highlight);
  const clear = () => own.forEach((range) => highlight.delete(range));
  const mark = () => {
    clear();
    own = [...root.querySelectorAll('.diff-line-content')].flatMap(rangesOf);
    own.forEach((range) => highlight.add(range));
  };
  const watch = new MutationObserver(mark);
  watch.observe(root, { childList: true, subtree: true, characterData: true });
  mark();
  return () => {
    watch.disconnect();
    clear();
  };
};
