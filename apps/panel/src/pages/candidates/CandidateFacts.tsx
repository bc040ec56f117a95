import { Link } from 'react-router';
import type { Candidate, Promotion } from '@gatehouse/contracts';
import { Id } from '../../elements/Copy.js';
import { Moment } from '../../elements/Moment.js';
import { Facts, Section } from '../../elements/Section.js';
import { Term } from '../../elements/Term.js';
import { paths } from '../../paths.js';
import { promotionFacts } from '../promotions/promotion.facts.js';

/** What it is made of, for those who check: every digest can be copied, and leads on where there is more. */
export const CandidateFacts = ({
  candidate,
  promotion,
}: {
  candidate: Candidate;
  promotion: Promotion | undefined;
}) => (
  <>
    {promotion && (
      <Section
        title={<Term word="promotion">Promotion</Term>}
        aside={<Link to={paths.promotion(promotion.id)}>Open</Link>}
      >
        <Facts rows={promotionFacts(promotion)} />
      </Section>
    )}
    <Section title={<Term word="candidate">Candidate</Term>}>
      <Facts
        rows={[
          ['Repository', candidate.repository],
          ['Made', <Moment key="at" at={candidate.createdAt} />],
          candidate.verdict && ['Judged', <Moment key="judged" at={candidate.verdict.decidedAt} />],
          ['Base', <Id key="base" value={candidate.base} what="base commit" />, 'base'],
          ['Tree', <Id key="tree" value={candidate.tree} what="tree id" />, 'tree'],
          ['Patch', <Id key="patch" value={candidate.patch} what="patch digest" keep={17} />, 'patch'],
          ['Id', <Id key="id" value={candidate.id} what="candidate id" keep={14} />, 'candidate'],
          candidate.verdict && [
            'Policy',
            <Id
              key="policy"
              value={candidate.verdict.policyDigest}
              what="policy digest"
              to={paths.policiesOf(candidate.repository)}
            />,
            'policy',
          ],
        ]}
      />
    </Section>
  </>
);
