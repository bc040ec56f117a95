import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Repository, RepositoryMode } from '@gatehouse/contracts';
import { Confirm } from '../../elements/Confirm.js';
import { useAct } from '../../query.js';

const consequences: Readonly<Record<RepositoryMode, string>> = {
  live: 'Candidates that pass every check, and get the approvals that policy asks for, are then published as branches of their own. The target branch itself is never touched. Policy stays as it is.',
  staged:
    'Jobs still run and are checked in full, but nothing is published any more. Branches that exist already stay.',
};

/** Staged or live; the change says what it means before it happens. */
export const ModeSwitch = ({ repository }: { repository: Repository }) => {
  const [wanted, setWanted] = useState<RepositoryMode | null>(null);
  const change = useAct('repositories.change', { done: (one) => `${one.name} is ${one.mode}.` });
  const close = () => setWanted(null);
  return (
    <>
      <SegmentedControl
        aria-label={`Mode of ${repository.name}`}
        value={repository.mode}
        onChange={(mode) => setWanted(mode as RepositoryMode)}
        data={[
          { value: 'staged', label: 'Staged' },
          { value: 'live', label: 'Live' },
        ]}
      />
      <Confirm
        opened={wanted !== null}
        onClose={close}
        title={`Make ${repository.name} ${wanted}?`}
        action={`Make it ${wanted}`}
        pending={change.isPending}
        onConfirm={() =>
          wanted !== null &&
          change.mutate({ params: { id: repository.id }, body: { mode: wanted } }, { onSettled: close })
        }
      >
        {wanted && consequences[wanted]}
      </Confirm>
    </>
  );
};
