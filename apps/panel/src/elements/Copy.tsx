import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { Link } from 'react-router';
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
export const Id = ({
  value,
  what,
  keep = 10,
  to,
  href,
}: {
  value: string;
  what: string;
  keep?: number;
  /** A page of the panel, or an address of the API, that shows what it is of. */
  to?: string;
  href?: string;
}) => {
  const text = <code title={value}>{value.length > keep + 3 ? value.slice(0, keep) : value}</code>;
  return (
    <span className={css.id}>
      {to !== undefined ? <Link to={to}>{text}</Link> : href !== undefined ? <a href={href}>{text}</a> : text}
      <CopyButton value={value} what={what} />
    </span>
  );
};

/** A command to be typed elsewhere. */
export const CommandLine = ({ children, what = 'command' }: { children: string; what?: string }) => (
  <span className={css.command}>
    <code>{children}</code>
    <CopyButton value={children} what={what} />
  </span>
);
