import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Principal, Token } from '@gatehouse/contracts';
import { Tag } from '../../elements/Badge.js';
import { Confirm } from '../../elements/Confirm.js';
import { Moment, useNow } from '../../elements/Moment.js';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { More, Rows } from '../../elements/Rows.js';
import { Section } from '../../elements/Section.js';
import { useAct, useList } from '../../query.js';
import { tokenState } from './role.words.js';
import css from './PrincipalsPage.module.css';

const columns = [['Token'], ['Principal'], ['Expires', 130], ['Last used', 130], ['', 100]] as const;

export const Tokens = ({ principals, may }: { principals: readonly Principal[]; may: boolean }) => {
  const now = useNow();
  const list = useList('tokens.list', {}, 15_000);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const revoke = useAct('tokens.revoke', { done: (token) => `${token.name} is revoked.` });
  const nameOf = (id: string) => principals.find((principal) => principal.id === id)?.name ?? id;
  return (
    <Section title="Tokens" flush>
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {list.isPending ? (
        <LoadingRows rows={4} />
      ) : (
        <>
          <Rows label="Tokens, newest first" columns={columns}>
            {list.items.map((token) => {
              const state = tokenState(token, now);
              return (
                <tr key={token.id}>
                  <td>
                    <span className={css.name}>
                      {token.name} {state !== 'valid' && <Tag tone="quiet">{state}</Tag>}
                    </span>
                  </td>
                  <td>{nameOf(token.principalId)}</td>
                  <td className="soft">
                    {token.expiresAt === null ? 'never' : <Moment at={token.expiresAt} />}
                  </td>
                  <td className="soft">
                    {token.lastUsedAt === null ? 'never' : <Moment at={token.lastUsedAt} />}
                  </td>
                  <td>
                    {may && state === 'valid' && (
                      <div className={css.actions}>
                        <Button size="compact-xs" variant="default" onClick={() => setRevoking(token)}>
                          Revoke
                        </Button>
                      </div>
                    )}
                  </td>
                </tr>
              );
            })}
          </Rows>
          <More list={list} />
        </>
      )}
      <Confirm
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title={`Revoke ${revoking?.name ?? ''} of ${revoking ? nameOf(revoking.principalId) : ''}?`}
        action="Revoke"
        danger
        pending={revoke.isPending}
        onConfirm={() =>
          revoking && revoke.mutate({ params: { id: revoking.id } }, { onSettled: () => setRevoking(null) })
        }
      >
        Whatever uses it stops working at once. A revoked token cannot be brought back; issue a new one
        instead.
      </Confirm>
    </Section>
  );
};
