import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconCircleCheck, IconClock, IconShieldX } from '@tabler/icons-react';
import { useState } from 'react';
import { policyActions, type PolicyAction } from '@gatehouse/contracts';
import { Banner, ErrorNotice } from '../../elements/Notice.js';
import { reveal } from '../../elements/reveal.js';
import { Section } from '../../elements/Section.js';
import { useAct } from '../../query.js';
import css from './PoliciesPage.module.css';

const looks = {
  permit: ['good', IconCircleCheck, 'Yes'],
  forbid: ['bad', IconShieldX, 'No'],
  require_approval: ['wait', IconClock, 'Only with an approval'],
} as const;

const actions = Object.keys(policyActions) as PolicyAction[];

/** Why something is permitted or not, in a sentence. */
export const ExplainSection = ({ repository }: { repository: string | null }) => {
  const [action, setAction] = useState<PolicyAction>('path.change');
  const [resource, setResource] = useState('');
  const explain = useAct('policies.explain', { quiet: true });
  const said = explain.data;
  const [tone, icon, word] = said === undefined ? looks.permit : looks[said.effect];
  return (
    <Section title="Explain">
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          explain.mutate({
            body: { ...(repository === null ? {} : { repository }), action, resource: resource.trim() },
          });
        }}
      >
        <NativeSelect
          label="May a job of yours do this?"
          data={actions}
          value={action}
          onChange={(event) => setAction(event.currentTarget.value as PolicyAction)}
        />
        <div className={css.row}>
          <TextInput
            label="To what"
            description={policyActions[action]}
            value={resource}
            onChange={(event) => setResource(event.currentTarget.value)}
            maxLength={4000}
          />
          <Button type="submit" variant="default" loading={explain.isPending}>
            Explain
          </Button>
        </div>
        {explain.error && <ErrorNotice error={explain.error} />}
        {said && (
          <>
            <Banner tone={tone} icon={icon} title={word}>
              {reveal(said.reason)}
            </Banner>
            <ul className={css.answers} aria-label="What each layer says">
              {said.layers.map((layer) => (
                <li key={`${layer.layer} ${layer.name}`}>
                  <strong>
                    {layer.layer} {layer.name}
                  </strong>
                  : {reveal(layer.reason)}
                </li>
              ))}
            </ul>
          </>
        )}
      </form>
    </Section>
  );
};
