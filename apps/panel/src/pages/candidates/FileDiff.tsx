import '@git-diff-view/react/styles/diff-view-pure.css';
import { DiffModeEnum, DiffView, highlighter } from '@git-diff-view/react';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { FileChange } from '@gatehouse/contracts';
import { reveal } from '../../elements/reveal.js';
import { drawable } from './file.words.js';
import { FindingView } from './FindingView.js';
import type { Found } from './found.js';
import { markLines } from './mark.lines.js';
import css from './DiffSection.module.css';

/** Beyond this many characters colours by syntax cost more than they give. */
const highlightUpTo = 200_000;

interface FileDiffProps {
  readonly change: FileChange;
  readonly split: boolean;
  /** Those that have a line, of this file. */
  readonly found: readonly Found[];
}

/** Findings by the line under which they are shown. */
const byLine = (found: readonly Found[]): Record<string, { data: Found[] }> => {
  const lines: Record<string, { data: Found[] }> = {};
  for (const one of found) {
    const line = String(one.finding.endLine ?? one.finding.startLine);
    (lines[line] ??= { data: [] }).data.push(one);
  }
  return lines;
};

export const FileDiff = ({ change, split, found }: FileDiffProps) => {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => (root.current === null ? undefined : markLines(root.current)), []);
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const text = reveal(drawable(change));
  const name = change.path.split('/').at(-1) ?? change.path;
  const ending = name.includes('.') ? name.split('.').at(-1)! : '';
  // For an ending that it does not know the viewer would try every grammar it has, line by line.
  const lang = highlighter.hasRegisteredCurrentLang(ending) ? ending : 'plaintext';
  return (
    <div ref={root}>
      <DiffView
        data={{
          oldFile: { fileName: name, fileLang: lang },
          newFile: { fileName: name, fileLang: lang },
          hunks: [text],
        }}
        diffViewMode={split ? DiffModeEnum.Split : DiffModeEnum.Unified}
        diffViewTheme={scheme}
        diffViewHighlight={text.length <= highlightUpTo}
        diffViewFontSize={12}
        diffViewWrap
        diffViewAddWidget={false}
        extendData={change.status === 'deleted' ? { oldFile: byLine(found) } : { newFile: byLine(found) }}
        renderExtendLine={({ data }) => (
          <ul className={css.placed}>
            {data.map((one) => (
              <FindingView key={one.id} found={one} />
            ))}
          </ul>
        )}
      />
    </div>
  );
};
