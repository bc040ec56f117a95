import { Select } from '@mantine/core';
import { IconGitBranch } from '@tabler/icons-react';

interface Props {
  readonly names: readonly string[];
  /** Null: every repository. */
  readonly value: string | null;
  onChange(name: string | null): void;
  /** The key for filters leads here. */
  readonly isFirst?: boolean;
}

/** Narrows a list to one repository. */
export const RepositoryFilter = ({ names, value, onChange, isFirst = true }: Props) => (
  <Select
    aria-label="Repository"
    placeholder="Every repository"
    leftSection={<IconGitBranch size={14} />}
    w={210}
    clearable
    searchable
    {...(isFirst && { 'data-filter': true })}
    value={value}
    onChange={onChange}
    data={names}
  />
);
