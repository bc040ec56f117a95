import { ToneIcon } from '../../elements/Badge.js';
import { Lasting } from '../../elements/Moment.js';
import type { StageName } from '../../fold.js';
import type { Stage } from '../../stages.js';
import css from './StageRail.module.css';

const words: Readonly<Record<StageName, string>> = {
  session: 'Session',
  policy: 'Policy',
  capability: 'Capability',
  validation: 'Validation',
  promotion: 'Promotion',
};

const statusWords: Readonly<Record<Stage['status'], string>> = {
  todo: 'not begun',
  active: 'at work',
  waiting: 'waiting',
  done: 'done',
  stopped: 'stopped here',
  skipped: 'skipped',
};

interface Props {
  readonly stages: readonly Stage[];
  readonly selected: StageName | null;
  readonly onSelect: (stage: StageName | null) => void;
}

/** The five stages a change goes through, left to right. A click shows the events of that stage alone. */
export const StageRail = ({ stages, selected, onSelect }: Props) => (
  <ol className={css.rail} aria-label="Stages">
    {stages.map((stage) => (
      <li key={stage.name} className={`${css.stage} tone-${stage.tone}`} data-status={stage.status}>
        <button
          type="button"
          aria-pressed={selected === stage.name}
          onClick={() => onSelect(selected === stage.name ? null : stage.name)}
        >
          <span className={css.head}>
            <ToneIcon tone={stage.tone} size={16} todo={stage.status === 'todo'} />
            <strong>{words[stage.name]}</strong>
            <span className={css.time}>
              {/* One event is a moment and has no length. */}
              {stage.startedAt !== null &&
                stage.startedAt !== stage.endedAt &&
                (stage.endedAt !== null || stage.status === 'active') && (
                  <Lasting from={stage.startedAt} to={stage.endedAt} />
                )}
            </span>
          </span>
          <span className={css.says}>{stage.says}</span>
          <span className={css.hidden}>({statusWords[stage.status]})</span>
        </button>
      </li>
    ))}
  </ol>
);

export const stageWord = (name: StageName): string => words[name];
