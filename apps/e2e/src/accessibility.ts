/// <reference lib="dom" />
import type { Page } from 'playwright-core';

/** Roles that a reader acts on, and so has to know by name. */
const named = new Set([
  'button',
  'link',
  'textbox',
  'searchbox',
  'combobox',
  'radio',
  'checkbox',
  'switch',
  'menuitem',
]);

interface AxNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

/** What Chromium itself tells a screen reader: whatever can be acted on has a name. */
const nameless = async (page: Page): Promise<string[]> => {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = (await devtools.send('Accessibility.getFullAXTree')) as { nodes: AxNode[] };
  await devtools.detach();
  return nodes
    .filter(({ ignored, role, name }) => !ignored && named.has(role?.value ?? '') && !name?.value.trim())
    .map(({ role }) => `a ${role?.value} has no name`);
};

/** Structure of the page, and WCAG's contrast of 4.5 (3 for large text) measured on the colours that are drawn. */
const inPage = (): string[] => {
  const faults: string[] = [];
  const all = [...document.querySelectorAll<HTMLElement>('body *')];
  for (const what of ['h1', 'main']) {
    const found = document.querySelectorAll(what).length;
    if (found !== 1) faults.push(`${found} elements ${what}`);
  }
  if (document.documentElement.lang === '') faults.push('the page names no language');
  const ids = all.map((one) => one.id).filter((id) => id !== '');
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) faults.push(`two elements #${id}`);
  for (const one of all) {
    if (one.tabIndex > 0) faults.push(`${one.tagName} takes the tab order into its own hands`);
    if (one.tagName === 'IMG' && !one.hasAttribute('alt')) faults.push('an image without alt');
  }

  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;
  // Few colours on hundreds of elements: to draw each time was most of what a look at a page cost.
  const drawn = new Map<string, readonly number[]>();
  const rgba = (colour: string): readonly number[] => {
    const before = drawn.get(colour);
    if (before !== undefined) return before;
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    const seen = [r!, g!, b!, a! / 255];
    drawn.set(colour, seen);
    return seen;
  };
  const over = (top: readonly number[], below: readonly number[]): number[] =>
    [0, 1, 2].map((i) => top[i]! * top[3]! + below[i]! * (1 - top[3]!));
  const behind = (one: Element | null): number[] => {
    if (one === null) return [255, 255, 255];
    const own = rgba(getComputedStyle(one).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, behind(one.parentElement));
  };
  const light = (colour: readonly number[]): number => {
    const [r, g, b] = colour.map((part) => {
      const x = part / 255;
      return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  for (const one of all) {
    const text = [...one.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent ?? '')
      .join('')
      .trim();
    // What is disabled may be faint (WCAG 1.4.3), and what is hidden is not read.
    if (
      text === '' ||
      one.closest('[disabled],[data-disabled],[aria-disabled="true"],[aria-hidden="true"],svg')
    )
      continue;
    if (!one.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(one);
    const back = behind(one);
    const [a, b] = [light(over(rgba(style.color), back)), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)} of “${text.slice(0, 40)}”`);
  }
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth)
    faults.push(
      `wider than its window by ${document.documentElement.scrollWidth - document.documentElement.clientWidth} px`,
    );
  return faults;
};

/** What makes a page hard to use for those who do not see it, or not well. */
export const accessibilityFaults = async (page: Page): Promise<string[]> => [
  ...new Set([...(await nameless(page)), ...(await page.evaluate(inPage))]),
];
