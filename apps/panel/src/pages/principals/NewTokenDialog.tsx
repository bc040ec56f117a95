import { Button, Group, Modal, NumberInput, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { CreateToken, type CreatedToken, type Principal } from '@gatehouse/contracts';
import { CopyButton } from '../../elements/Copy.js';
import { Banner } from '../../elements/Notice.js';
import { titleOf, useAct } from '../../query.js';
import css from './PrincipalsPage.module.css';

/** Issues a token and shows its secret, this once: it lives in this dialog and nowhere else. */
export const NewTokenDialog = ({ principal, onClose }: { principal: Principal; onClose: () => void }) => {
  const [name, setName] = useState('token');
  const [days, setDays] = useState<number | string>(90);
  const [made, setMade] = useState<CreatedToken | null>(null);
  const create = useAct('tokens.create', { quiet: true });
  const parsed = CreateToken.safeParse({ principalId: principal.id, name: name.trim(), expiresInDays: days });
  const fault = (field: string) =>
    parsed.error?.issues.find((issue) => issue.path[0] === field)?.message ?? null;

  if (made)
    return (
      <Modal
        opened
        onClose={onClose}
        title={`Token of ${principal.name}`}
        closeOnClickOutside={false}
        closeOnEscape={false}
      >
        <div className={css.form}>
          <Banner tone="wait" icon={IconAlertTriangle} title="Copy it now">
            It is stored hashed and cannot be shown again. Whoever has it is {principal.name} to Gatehouse.
          </Banner>
          <div className={css.secret}>
            <code>{made.secret}</code>
            <CopyButton value={made.secret} what="secret" />
          </div>
          <Group justify="flex-end">
            <Button onClick={onClose}>I have it</Button>
          </Group>
        </div>
      </Modal>
    );
  return (
    <Modal opened onClose={onClose} title={`New token for ${principal.name}`}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (parsed.success) create.mutate({ body: parsed.data }, { onSuccess: setMade });
        }}
      >
        {create.error && (
          <Banner tone="bad" title={titleOf(create.error)}>
            {create.error.message}
          </Banner>
        )}
        <TextInput
          size="sm"
          label="Name"
          description="Where it will be used, so that it can be told apart later"
          value={name}
          error={fault('name')}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <NumberInput
          size="sm"
          label="Expires in days"
          min={1}
          max={366}
          value={days}
          error={fault('expiresInDays')}
          onChange={setDays}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={create.isPending} disabled={!parsed.success}>
            Issue token
          </Button>
        </Group>
      </form>
    </Modal>
  );
};
