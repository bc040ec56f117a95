import { Button, Checkbox, Group, Modal, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { CreatePrincipal, PrincipalKind, type Principal, type Role } from '@gatehouse/contracts';
import { Banner } from '../../elements/Notice.js';
import { titleOf, useAct } from '../../query.js';
import { rolesFor, roleWords } from './role.words.js';
import css from './PrincipalsPage.module.css';

interface Props {
  readonly onClose: () => void;
  readonly onMade: (principal: Principal) => void;
}

export const NewPrincipalDialog = ({ onClose, onMade }: Props) => {
  const [name, setName] = useState('');
  const [kind, setKind] = useState<PrincipalKind>('user');
  const [roles, setRoles] = useState<Role[]>(['requester']);
  const [tried, setTried] = useState(false);
  const create = useAct('principals.create', { quiet: true });
  const parsed = CreatePrincipal.safeParse({ name: name.trim(), kind, roles });
  const fault = (field: string) =>
    tried ? (parsed.error?.issues.find((issue) => issue.path[0] === field)?.message ?? null) : null;
  const choose = (next: PrincipalKind) => {
    setKind(next);
    setRoles(rolesFor(next).slice(0, 1));
  };

  return (
    <Modal opened onClose={onClose} title="New principal">
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (!parsed.success) return;
          create.mutate(
            { body: parsed.data },
            {
              onSuccess: (made) => {
                onClose();
                onMade(made);
              },
            },
          );
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
          placeholder="ada"
          value={name}
          error={fault('name')}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Select
          size="sm"
          label="Kind"
          allowDeselect={false}
          value={kind}
          onChange={(value) => value !== null && choose(value)}
          data={PrincipalKind.options.map((option) => ({ value: option, label: option }))}
        />
        <Checkbox.Group
          label="Roles"
          value={roles}
          error={fault('roles') && 'Choose at least one role'}
          onChange={(value) => setRoles(value as Role[])}
        >
          <div className={css.form} style={{ gap: 6, marginTop: 6 }}>
            {rolesFor(kind).map((role) => (
              <Checkbox key={role} size="xs" value={role} label={`${role}: ${roleWords[role]}`} />
            ))}
          </div>
        </Checkbox.Group>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={create.isPending}>
            Make principal
          </Button>
        </Group>
      </form>
    </Modal>
  );
};
