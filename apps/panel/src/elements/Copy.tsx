import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import css from './Copy.module.css';

export const CopyButton = ({ value, what }: { value: string; what: string }) => {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  return (
    <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
      <ActionIcon size={20} aria-label={`Copy ${what}`} onClick={() => copy(value)}>
        {copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
      </ActionIcon>
    </Tooltip>
  );
};

/** An id, commit or digest: monospace, shortened, whole in the title, with a button that copies it whole. */
export const Id = ({ value, what, keep = 10 }: { value: string; what: string; keep?: number }) => (
  <span className={css.id}>
    <code title={value}>{value.length > keep + 3 ? `${value.slice(0, keep)}` : value}</code>
    <CopyButton value={value} what={what} />
  </span>
);

/** A command to be typed elsewhere. */
export const CommandLine = ({ children }: { children: string }) => (
  <span className={css.command}>
    <code>{children}</code>
    <CopyButton value={children} what="command" />
  </span>
);
