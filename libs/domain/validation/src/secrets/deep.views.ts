import { foldedRuns } from './folded.runs.js';
import { inflatedRuns, newBudget, type Budget } from './inflated.runs.js';
import { runsOf, type View } from './secret.writings.js';
import { splicedView } from './splice.view.js';

/** Everything that a text holds within two steps of decoding. */
export interface DeepViews {
  readonly views: readonly View[];
  /** False where more was compressed than is unpacked. */
  readonly whole: boolean;
}

/** The view of a view, as one of the text; it is told by how it is written there. */
const within = (outer: View, inner: View, writing = outer.writing): View => ({
  ...inner,
  writing,
  of: inner.of === undefined ? outer : within(outer, inner.of),
});

const asBuffer = ({ bytes }: View): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

interface Step extends DeepViews {
  /** What it holds if it is read from later beginnings. */
  readonly shifted: readonly View[];
}

/** One step: what a text holds decoded, and what of that was compressed. */
const step = (text: Buffer, budget: Budget, shifts: boolean): Step => {
  const folded = foldedRuns(text);
  const { decoded: runs, shifted } = runsOf(text, shifts);
  const unfolded = folded === null ? [] : runsOf(asBuffer(folded), false).decoded;
  const decoded = [
    ...runs,
    ...splicedView(text),
    ...unfolded.map((view) => within(folded!, view, view.writing)),
  ];
  let whole = true;
  const inflated = decoded.flatMap((view) => {
    if (view.writing === 'spliced') return [];
    const found = inflatedRuns(view, budget);
    whole &&= found.whole;
    return found.views;
  });
  return { views: [...decoded, ...inflated], shifted, whole };
};

/**
 * What a text holds besides itself: base64 and hex, compressed or not, and the same within that once more. Linear in
 * the text, but for what is compressed, of which no more than a fixed number of bytes is unpacked.
 */
export const deepViewsOf = (text: Buffer): DeepViews => {
  const budget = newBudget();
  // A blob may be compressed as a whole.
  const packed = inflatedRuns(
    { writing: 'plain', bytes: text, origins: [0, 0], ends: [text.length] },
    budget,
  );
  const first = step(text, budget, true);
  const outer = [...packed.views, ...first.views];
  let whole = packed.whole && first.whole;
  const inner = outer.flatMap((view) => {
    const found = step(asBuffer(view), budget, false);
    whole &&= found.whole;
    return found.views.map((one) => within(view, one));
  });
  return { views: [...outer, ...first.shifted, ...inner], whole };
};
