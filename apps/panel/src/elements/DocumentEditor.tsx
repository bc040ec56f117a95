import { yaml } from '@codemirror/lang-yaml';
import { useComputedColorScheme } from '@mantine/core';
import CodeMirror, {
  Decoration,
  EditorView,
  keymap,
  Prec,
  RangeSetBuilder,
  type Extension,
  type ReactCodeMirrorRef,
} from '@uiw/react-codemirror';
import { useEffect, useImperativeHandle, useMemo, useRef, type Ref } from 'react';
import type { Fault } from './document.check.js';
import css from './DocumentEditor.module.css';

export interface EditorHandle {
  goTo(line: number, column: number): void;
}

const look = EditorView.theme({
  '&': { backgroundColor: 'var(--surface)', fontSize: '0.8rem' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content, .cm-gutters': { fontFamily: 'var(--mantine-font-family-monospace)' },
  '.cm-gutters': {
    backgroundColor: 'var(--sunken)',
    borderRight: '1px solid var(--line)',
    color: 'var(--text-soft)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '.cm-faulty': {
    backgroundColor: 'color-mix(in srgb, var(--tone-bad) 11%, transparent)',
    boxShadow: 'inset 2px 0 0 var(--tone-bad)',
  },
});

const faultyLine = (message: string) =>
  Decoration.line({ class: 'cm-faulty', attributes: { title: message } });

/** Colours the lines that hold a fault; the message is in their title and in the list below the editor. */
const marks = (faults: readonly Fault[]): Extension =>
  EditorView.decorations.of((view) => {
    const set = new RangeSetBuilder<Decoration>();
    let before = 0;
    for (const fault of faults) {
      if (fault.line === before || fault.line > view.state.doc.lines) continue;
      before = fault.line;
      const { from } = view.state.doc.line(fault.line);
      set.add(from, from, faultyLine(`${fault.path} ${fault.message}`.trim()));
    }
    return set.finish();
  });

interface Props {
  /** What a screen reader calls it. */
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly faults: readonly Fault[];
  readonly onSubmit: () => void;
  readonly handle: Ref<EditorHandle>;
}

export const DocumentEditor = ({ label, value, onChange, faults, onSubmit, handle }: Props) => {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const editor = useRef<ReactCodeMirrorRef>(null);
  const submit = useRef(onSubmit);
  useEffect(() => {
    submit.current = onSubmit;
  });
  useImperativeHandle(handle, () => ({
    goTo: (line, column) => {
      const view = editor.current?.view;
      if (!view) return;
      const at = view.state.doc.line(Math.min(line, view.state.doc.lines));
      const anchor = Math.min(at.from + column - 1, at.to);
      view.dispatch({ selection: { anchor }, scrollIntoView: true });
      view.focus();
    },
  }));
  const fixed = useMemo(
    () => [
      yaml(),
      look,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
      // Before the editor's own keys, for which Ctrl Enter is a blank line.
      Prec.highest(
        keymap.of([
          {
            key: 'Mod-Enter',
            run: () => {
              submit.current();
              return true;
            },
          },
        ]),
      ),
    ],
    [label],
  );
  const extensions = useMemo(() => [...fixed, marks(faults)], [fixed, faults]);
  return (
    <div className={css.editor}>
      <CodeMirror
        ref={editor}
        value={value}
        onChange={onChange}
        theme={scheme}
        height="520px"
        // Tab moves the focus on, as everywhere else on the page.
        indentWithTab={false}
        basicSetup={{ foldGutter: false, autocompletion: false, searchKeymap: false }}
        extensions={extensions}
      />
    </div>
  );
};
