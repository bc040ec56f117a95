import { Button } from '@mantine/core';
import { IconHistory, IconShieldCheck } from '@tabler/icons-react';
import { useState } from 'react';
import type { Policy, PolicySet } from '@gatehouse/contracts';
import { Badge, Tag } from '../../elements/Badge.js';
import { Confirm } from '../../elements/Confirm.js';
import { Id } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { Empty, ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { More, Rows } from '../../elements/Rows.js';
import { Section } from '../../elements/Section.js';
import { useAct, useAsk, useList } from '../../query.js';
import { useMay } from '../../shell/me.js';
import css from './PoliciesPage.module.css';

const active = { tone: 'good', label: 'Active' } as const;
const setColumns = [['Set', 90], ['Active since', 120], ['By', 180, 'roomy'], ['Why'], ['', 110]] as const;
const versionColumns = [['Policy'], ['Layer', 200], ['Stored', 110, 'roomy'], ['', 190]] as const;

const useNames = (): ((id: string | null) => React.ReactNode) => {
  const may = useMay('principals:read');
  const list = useAsk('principals.list', { query: { limit: 200 } }, { enabled: may });
  return (id) => {
    if (id === null) return 'nobody';
    const name = list.data?.items.find((one) => one.id === id)?.name;
    return name ?? <Id value={id} what="principal" keep={10} />;
  };
};

/** Who made what active, when and why; and the way back. */
export const SetsSection = ({ sets }: { sets: ReturnType<typeof useList<'policySets.list'>> }) => {
  const [back, setBack] = useState<PolicySet | null>(null);
  const may = useMay('policies:activate');
  const nameOf = useNames();
  const restore = useAct('policySets.create', {
    done: (set) => `Policy set ${set.number} is active.`,
  });
  return (
    <Section title="History" flush>
      {sets.error && <ErrorNotice error={sets.error} retry={() => void sets.refetch()} />}
      {sets.isPending ? (
        <LoadingRows rows={4} />
      ) : sets.items.length === 0 ? (
        <Empty icon={IconHistory} title="Nothing has been activated yet">
          <p>
            The built-in default policy alone is in force. Each change makes a set that can be gone back to.
          </p>
        </Empty>
      ) : (
        <>
          <Rows label="Policy sets, newest first" columns={setColumns}>
            {sets.items.map((set) => (
              <tr key={set.id}>
                <td className="nowrap">
                  {set.number} {set.active && <Badge look={active} />}
                </td>
                <td className="soft">
                  <Moment at={set.createdAt} />
                </td>
                <td className="roomy">{nameOf(set.activatedBy)}</td>
                <td className={css.reason}>
                  {set.reason || <span className="soft">no reason given</span>}
                  <span className="soft">
                    {' · '}
                    {set.members.map(({ name, version }) => `${name} v${version}`).join(', ') ||
                      'the built-in default alone'}
                  </span>
                </td>
                <td>
                  {may && !set.active && (
                    <Button size="compact-xs" variant="default" onClick={() => setBack(set)}>
                      Roll back
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </Rows>
          <More list={sets} />
        </>
      )}
      {back && (
        <Confirm
          opened
          onClose={() => setBack(null)}
          title={`Go back to policy set ${back.number}`}
          action="Roll back"
          danger
          reason="Why"
          pending={restore.isPending}
          onConfirm={(reason) =>
            restore.mutate({ body: { restore: back.id, reason } }, { onSettled: () => setBack(null) })
          }
        >
          Exactly the versions of set {back.number} become active at once, as the next set. What waits to be
          published is judged again under them.
        </Confirm>
      )}
    </Section>
  );
};

/** Every stored version; those that nobody obeys can be tried and activated. */
export const VersionsSection = ({ onTry }: { onTry: (policy: Policy) => void }) => {
  const list = useList('policies.list', {}, 10_000);
  const [chosen, setChosen] = useState<Policy | null>(null);
  const may = useMay('policies:activate');
  const mayTry = useMay('policies:write');
  const activate = useAct('policySets.create', { done: (set) => `Policy set ${set.number} is active.` });
  return (
    <Section title="Stored versions" flush>
      {list.error && <ErrorNotice error={list.error} retry={() => void list.refetch()} />}
      {list.isPending ? (
        <LoadingRows rows={4} />
      ) : list.items.length === 0 ? (
        <Empty icon={IconShieldCheck} title="No policy has been stored">
          <p>
            Store one with <code>gatehouse policy apply FILE --store</code>, try it here, and then activate
            it.
          </p>
        </Empty>
      ) : (
        <>
          <Rows label="Policy versions, newest first" columns={versionColumns}>
            {list.items.map((policy) => (
              <tr key={policy.id}>
                <td>
                  {policy.name} <span className="soft">version {policy.version}</span>{' '}
                  {policy.active && <Badge look={active} />}
                </td>
                <td>
                  <Tag>{policy.layer}</Tag> {policy.repository ?? policy.scope}
                </td>
                <td className="soft roomy">
                  <Moment at={policy.createdAt} />
                </td>
                <td>
                  <div className={css.buttons}>
                    {mayTry && (
                      <Button size="compact-xs" variant="default" onClick={() => onTry(policy)}>
                        Try
                      </Button>
                    )}
                    {may && !policy.active && (
                      <Button size="compact-xs" variant="default" onClick={() => setChosen(policy)}>
                        Activate
                      </Button>
                    )}
                  </div>
                </td>
              </tr>
            ))}
          </Rows>
          <More list={list} />
        </>
      )}
      {chosen && (
        <Confirm
          opened
          onClose={() => setChosen(null)}
          title={`Activate ${chosen.name} version ${chosen.version}`}
          action="Activate"
          reason="Why"
          pending={activate.isPending}
          onConfirm={(reason) =>
            activate.mutate({ body: { policies: [chosen.id], reason } }, { onSettled: () => setChosen(null) })
          }
        >
          It takes the place of the active version of its layer, at once and for every job.
        </Confirm>
      )}
    </Section>
  );
};
