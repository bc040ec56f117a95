import '@git-diff-view/react/styles/diff-view-pure.css';
import { DiffModeEnum, DiffView, highlighter } from '@git-diff-view/react';
import { useComputedColorScheme } from '@mantine/core';
import type { FileChange } from '@gatehouse/contracts';
import { reveal } from '../../elements/reveal.js';
import { drawable } from './file.words.js';

/** Beyond this many characters colours by syntax cost more than they give. */
const highlightUpTo = 200_000;

export const FileDiff = ({ change, split }: { change: FileChange; split: boolean }) => {
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
    />
  );
};
