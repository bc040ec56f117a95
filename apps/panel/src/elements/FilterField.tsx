import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';

interface Props {
  readonly label: string;
  readonly value: string;
  /** Told when the typing pauses: the address lags behind fast fingers and would swallow letters. */
  readonly onSettle: (value: string) => void;
  readonly fault: (value: string) => string | null;
  readonly hint: string;
  readonly placeholder?: string;
}

/** The text filter of a list. `/` leads here. Give it a new `key` to set it from outside. */
export const FilterField = ({ label, value, onSettle, fault, hint, placeholder = 'Name' }: Props) => {
  const [text, setText] = useState(value);
  const settle = useDebouncedCallback(onSettle, { delay: 250, flushOnUnmount: false });
  const wrong = fault(text);
  return (
    <TextInput
      aria-label={label}
      placeholder={placeholder}
      leftSection={<IconSearch size={14} />}
      w={230}
      data-filter
      value={text}
      error={wrong !== null}
      title={wrong ?? hint}
      onChange={(event) => {
        const next = event.currentTarget.value.trim();
        setText(next);
        settle(next);
      }}
    />
  );
};
