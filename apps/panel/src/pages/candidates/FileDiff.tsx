import '@git-diff-view/react/styles/diff-view-pure.css';
import { DiffModeEnum, DiffView, highlighter } from '@git-diff-view/react';
import { useComputedColorScheme } from '@mantine/core';
import type { FileChange, Finding } from '@gatehouse/contracts';
import { reveal } from '../../elements/reveal.js';
import { drawable } from './file.words.js';
import { FindingView } from './FindingView.js';
import css from './DiffSection.module.css';

/** Beyond this many characters colours by syntax cost more than they give. */
const highlightUpTo = 200_000;

interface FileDiffProps {
  readonly change: FileChange;
  readonly split: boolean;
  /** Those that have a line, of this file. */
  readonly findings: readonly Finding[];
}

/** Findings by the line under which they are shown. */
const byLine = (findings: readonly Finding[]): Record<string, { data: Finding[] }> => {
  const lines: Record<string, { data: Finding[] }> = {};
  for (const finding of findings) {
    const line = String(finding.endLine ?? finding.startLine);
    (lines[line] ??= { data: [] }).data.push(finding);
  }
  return lines;
};

export const FileDiff = ({ change, split, findings }: FileDiffProps) => {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const text = reveal(drawable(change));
  const name = change.path.split('/').at(-1) ?? change.path;
  const ending = name.includes('.') ? name.split('.').at(-1)! : '';
  // For an ending that it does not know the viewer would try every grammar it has, line by line.
  const lang = highlighter.hasRegisteredCurrentLang(ending) ? ending : 'plaintext';
  return (
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
      extendData={change.status === 'deleted' ? { oldFile: byLine(findings) } : { newFile: byLine(findings) }}
      renderExtendLine={({ data }) => (
        <ul className={css.placed}>
          {data.map((finding, i) => (
            <FindingView key={i} finding={finding} placed />
          ))}
        </ul>
      )}
    />
  );
};
