import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { lazy, Suspense, useRef } from 'react';
import { ToneIcon } from './Badge.js';
import type { DocumentCheck } from './document.check.js';
import type { EditorHandle } from './DocumentEditor.js';
import css from './DocumentSection.module.css';
import { Faults } from './Faults.js';
import { count } from './moment.format.js';
import { LoadingRows } from './Notice.js';
import { Section } from './Section.js';

const DocumentEditor = lazy(async () => ({
  default: (await import('./DocumentEditor.js')).DocumentEditor,
}));

interface Props<T> {
  /** What the document is, for readers of the screen. */
  readonly label: string;
  /** Stands before the templates. */
  readonly before?: React.ReactNode;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly onSubmit: () => void;
  readonly check: DocumentCheck<unknown>;
  readonly templates: readonly T[];
  readonly textOf: (template: T) => string;
}

/** A document to be written, whether it is valid, and what to begin with. */
export const DocumentSection = <T extends { readonly id: string; readonly label: string }>({
  label,
  before,
  text,
  onChange,
  onSubmit,
  check,
  templates,
  textOf,
}: Props<T>) => {
  const editor = useRef<EditorHandle>(null);
  return (
    <Section
      flush
      title={
        <span className={css.tools}>
          {before}
          <Menu position="bottom-start">
            <Menu.Target>
              <Button variant="default" rightSection={<IconChevronDown size={13} />}>
                Templates
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {templates.map((template) => (
                <Menu.Item key={template.id} onClick={() => onChange(textOf(template))}>
                  {template.label}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </span>
      }
      aside={
        <span className={css.verdict} role="status">
          <ToneIcon tone={check.ok ? 'good' : 'bad'} />
          {check.ok ? 'Valid' : count(check.faults.length, 'fault')}
        </span>
      }
    >
      <Suspense fallback={<LoadingRows rows={12} height={14} />}>
        <DocumentEditor
          label={label}
          value={text}
          onChange={onChange}
          faults={check.faults}
          onSubmit={onSubmit}
          handle={editor}
        />
      </Suspense>
      {!check.ok && text !== '' && (
        <Faults faults={check.faults} onGo={(fault) => editor.current?.goTo(fault.line, fault.column)} />
      )}
    </Section>
  );
};
