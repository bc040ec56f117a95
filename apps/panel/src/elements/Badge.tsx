import {
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconClock,
  IconLoader2,
  IconMinus,
  type Icon,
} from '@tabler/icons-react';
import type { Look, Tone } from './tone.js';
import css from './Badge.module.css';

const icons: Readonly<Record<Tone, Icon>> = {
  quiet: IconMinus,
  live: IconLoader2,
  wait: IconClock,
  good: IconCircleCheckFilled,
  bad: IconCircleXFilled,
};

/** The shape says the same as the colour, for those who do not see it. */
export const ToneIcon = ({
  tone,
  size = 15,
  todo = false,
}: {
  tone: Tone;
  size?: number;
  todo?: boolean;
}) => {
  const Shape = todo ? IconCircleDashed : icons[tone];
  return (
    <Shape
      size={size}
      aria-hidden
      className={`tone-${tone} ${tone === 'live' && !todo ? 'turning' : ''}`}
      style={{ color: 'var(--tone)', flex: 'none' }}
    />
  );
};

export const Badge = ({ look }: { look: Look }) => (
  <span className={css.badge}>
    <ToneIcon tone={look.tone} />
    {look.label}
  </span>
);

/** A word in a thin frame: kinds, modes, roles. */
export const Tag = ({ children, tone }: { children: React.ReactNode; tone?: Tone }) => (
  <span className={`${css.tag} ${tone ? `tone-${tone} ${css.toned}` : ''}`}>{children}</span>
);
