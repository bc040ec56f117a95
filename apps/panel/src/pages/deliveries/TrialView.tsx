import { IconCircleCheck, IconCircleX, IconMinus } from '@tabler/icons-react';
import type { WebhookTrial } from '@gatehouse/contracts';
import { Banner } from '../../elements/Notice.js';
import { Shown } from '../../elements/Shown.js';
import { OutcomeFacts } from './OutcomeView.js';
import { hasLinks } from './delivery.words.js';
import css from './Deliveries.module.css';

const looks = {
  handled: ['good', IconCircleCheck, 'Would be handled'],
  ignored: ['quiet', IconMinus, 'Would be ignored'],
  failed: ['bad', IconCircleX, 'Would fail'],
} as const;

/** What a payload would do now. */
export const TrialView = ({ trial }: { trial: WebhookTrial }) => {
  const [tone, icon, title] = looks[trial.state];
  return (
    <div className={css.stack}>
      <Banner tone={tone} icon={icon} title={title}>
        <Shown text={trial.outcome.reason} />
      </Banner>
      {hasLinks(trial.outcome) && <OutcomeFacts outcome={trial.outcome} />}
      {trial.reply !== null && (
        <div>
          <h3 className={css.small}>It would write this comment</h3>
          <pre className={css.reply}>
            <Shown text={trial.reply} />
          </pre>
        </div>
      )}
    </div>
  );
};
