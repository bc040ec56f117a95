import type { PolicySetMember } from '@gatehouse/contracts';
import { Tag } from '../../elements/Badge.js';
import { ErrorNotice, LoadingRows } from '../../elements/Notice.js';
import { reveal } from '../../elements/reveal.js';
import { Section } from '../../elements/Section.js';
import { useAsk } from '../../query.js';
import css from './PoliciesPage.module.css';
import { policyLines } from './policy.lines.js';

type Member = Pick<PolicySetMember, 'policyId' | 'layer' | 'repository' | 'scope' | 'name' | 'version'>;

const LayerCard = ({ member }: { member: Member }) => {
  const policy = useAsk('policies.get', { params: { id: member.policyId } });
  const lines = policy.data === undefined ? [] : policyLines(policy.data.document);
  return (
    <article className={css.layer}>
      <h3>
        <Tag>{member.layer}</Tag>
        {member.scope && <span>{member.scope}:</span>}
        {member.name} <span className="soft">version {member.version}</span>
      </h3>
      {policy.error && <ErrorNotice error={policy.error} />}
      {policy.isPending && <LoadingRows rows={3} height={12} />}
      {policy.data && lines.length === 0 && <p className="soft">It sets nothing.</p>}
      {lines.map(([field, text]) => (
        <p key={field} className={css.field}>
          <span className="soft">{field}</span>
          <code>{reveal(text)}</code>
        </p>
      ))}
    </article>
  );
};

const isAbove = ({ layer, repository, scope }: Member, chosen: string | null): boolean =>
  layer === 'organisation'
    ? chosen?.startsWith(`${scope}/`) === true
    : repository === null || repository === chosen;

/** What each active layer says, side by side; all of them have to agree. */
export const LayersSection = ({
  members,
  repository,
}: {
  members: readonly Member[];
  repository: string | null;
}) => {
  const shown = members.filter((member) => isAbove(member, repository));
  const hasInstallation = shown.some(({ layer }) => layer === 'installation');
  return (
    <Section title="Layers" aside={<span>deny wins: each can only narrow the others</span>}>
      <div className={css.layers}>
        {!hasInstallation && (
          <article className={css.layer}>
            <h3>
              <Tag>installation</Tag>default <span className="soft">built in</span>
            </h3>
            <p className="soft">
              Nobody has stored an installation policy, so the built-in default stands in its place.
            </p>
          </article>
        )}
        {shown.map((member) => (
          <LayerCard key={member.policyId} member={member} />
        ))}
      </div>
    </Section>
  );
};
