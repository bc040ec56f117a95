import { Button, Group, Modal, SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import { AddRepository, type RepositoryMode } from '@gatehouse/contracts';
import { Banner } from '../../elements/Notice.js';
import { titleOf, useAct } from '../../query.js';
import css from './RepositoriesPage.module.css';

export const AddRepositoryDialog = ({ onClose }: { onClose: () => void }) => {
  const [name, setName] = useState('');
  const [source, setSource] = useState('');
  const [mode, setMode] = useState<RepositoryMode>('staged');
  const [tried, setTried] = useState(false);
  const add = useAct('repositories.add', {
    quiet: true,
    done: (one) => `${one.name} is registered. Its mirror is being read.`,
  });
  const parsed = AddRepository.safeParse({ name: name.trim(), source: source.trim(), mode });
  const fault = (field: string) =>
    tried ? (parsed.error?.issues.find((issue) => issue.path[0] === field)?.message ?? null) : null;

  return (
    <Modal opened onClose={onClose} title="Add repository">
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (parsed.success) add.mutate({ body: parsed.data }, { onSuccess: onClose });
        }}
      >
        {add.error && (
          <Banner tone="bad" title={titleOf(add.error)}>
            {add.error.message}
          </Banner>
        )}
        <TextInput
          size="sm"
          label="Name"
          description="What a JobSpec calls it: owner/name, or name"
          placeholder="acme/widgets"
          value={name}
          error={fault('name')}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <TextInput
          size="sm"
          label="Source"
          description="An absolute path below a configured root, or an https address without credentials"
          placeholder="/srv/git/widgets.git"
          value={source}
          error={fault('source')}
          onChange={(event) => setSource(event.currentTarget.value)}
        />
        <div className={css.choice}>
          <SegmentedControl
            aria-label="Mode"
            value={mode}
            onChange={(value) => setMode(value as RepositoryMode)}
            data={[
              { value: 'staged', label: 'Staged' },
              { value: 'live', label: 'Live' },
            ]}
          />
          <span className="soft">
            {mode === 'staged'
              ? 'Everything runs and is checked, nothing is published. Look at some candidates first, then go live.'
              : 'Candidates that pass are published as branches of their own.'}
          </span>
        </div>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add repository
          </Button>
        </Group>
      </form>
    </Modal>
  );
};
