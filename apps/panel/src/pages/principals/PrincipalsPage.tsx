import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { Principal } from '@gatehouse/contracts';
import { Tag } from '../../elements/Badge.js';
import { Confirm } from '../../elements/Confirm.js';
import { Moment } from '../../elements/Moment.js';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { More, Rows } from '../../elements/Rows.js';
import { Page, Section } from '../../elements/Section.js';
import { useAct, useList } from '../../query.js';
import { useMay, useMe } from '../../shell/me.js';
import { useTitle } from '../../shell/Shell.js';
import { NewPrincipalDialog } from './NewPrincipalDialog.js';
import { NewTokenDialog } from './NewTokenDialog.js';
import { Tokens } from './Tokens.js';
import css from './PrincipalsPage.module.css';

const columns = [['Principal'], ['Roles'], ['Made', 120], ['', 190]] as const;

export const PrincipalsPage = () => {
  useTitle('Principals');
  const me = useMe();
  const may = useMay('principals:write');
  const list = useList('principals.list', {}, 15_000);
  const [making, make] = useDisclosure(false);
  const [tokenFor, setTokenFor] = useState<Principal | null>(null);
  const [disabling, setDisabling] = useState<Principal | null>(null);
  const change = useAct('principals.change', {
    done: (one) => (one.disabled ? `${one.name} is disabled.` : `${one.name} is enabled.`),
  });
  const set = (principal: Principal, disabled: boolean) =>
    change.mutate(
      { params: { id: principal.id }, body: { disabled } },
      { onSettled: () => setDisabling(null) },
    );

  return (
    <Page
      title="Principals"
      lead="Who may do what: people, services, workers and agents. Nobody approves their own work, whatever their roles."
      actions={
        may && (
          <Button leftSection={<IconPlus size={14} />} onClick={make.open}>
            New principal
          </Button>
        )
      }
    >
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      <Section flush>
        {list.isPending ? (
          <LoadingRows rows={5} />
        ) : (
          <>
            <Rows label="Principals" columns={columns}>
              {list.items.map((principal) => (
                <tr key={principal.id}>
                  <td>
                    <span className={css.name}>
                      <strong>{principal.name}</strong>
                      <span className="soft">{principal.kind}</span>
                      {principal.id === me.principal.id && <Tag>you</Tag>}
                      {principal.disabled && <Tag tone="bad">disabled</Tag>}
                    </span>
                  </td>
                  <td>
                    <span className={css.name}>
                      {principal.roles.map((role) => (
                        <Tag key={role}>{role}</Tag>
                      ))}
                    </span>
                  </td>
                  <td className="soft">
                    <Moment at={principal.createdAt} />
                  </td>
                  <td>
                    {may && (
                      <div className={css.actions}>
                        {!principal.disabled && (
                          <Button size="compact-xs" variant="default" onClick={() => setTokenFor(principal)}>
                            New token
                          </Button>
                        )}
                        {principal.disabled ? (
                          <Button size="compact-xs" variant="default" onClick={() => set(principal, false)}>
                            Enable
                          </Button>
                        ) : (
                          <Button
                            size="compact-xs"
                            variant="default"
                            disabled={principal.id === me.principal.id}
                            title={
                              principal.id === me.principal.id
                                ? 'Somebody else has to disable you, so that nobody locks themselves out'
                                : undefined
                            }
                            onClick={() => setDisabling(principal)}
                          >
                            Disable
                          </Button>
                        )}
                      </div>
                    )}
                  </td>
                </tr>
              ))}
            </Rows>
            <More list={list} />
          </>
        )}
      </Section>
      <Tokens principals={list.items} may={may} />
      {making && <NewPrincipalDialog onClose={make.close} onMade={setTokenFor} />}
      {tokenFor && <NewTokenDialog principal={tokenFor} onClose={() => setTokenFor(null)} />}
      <Confirm
        opened={disabling !== null}
        onClose={() => setDisabling(null)}
        title={`Disable ${disabling?.name ?? ''}?`}
        action="Disable"
        danger
        pending={change.isPending}
        onConfirm={() => disabling && set(disabling, true)}
      >
        Its tokens and panel sessions stop working at once. What it did stays in the ledger under its name,
        and it can be enabled again.
      </Confirm>
    </Page>
  );
};
