import { useEffect, useState } from 'react';
import { ago, lasting } from './moment.format.js';

/** The wall clock, read again every `ms`. */
export const useNow = (ms = 10_000): number => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
};

export const Moment = ({ at }: { at: string }) => {
  const now = useNow();
  return (
    <time
      dateTime={at}
      title={new Date(at).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })}
      className="nowrap"
    >
      {ago(at, now)}
    </time>
  );
};

/** How long something took, or has been taking. */
export const Lasting = ({ from, to }: { from: string; to: string | null }) => {
  const now = useNow(to === null ? 1_000 : 3_600_000);
  const ms = Math.max(0, (to === null ? now : Date.parse(to)) - Date.parse(from));
  return <span className="nowrap">{lasting(to === null ? Math.floor(ms / 1000) * 1000 : ms)}</span>;
};
