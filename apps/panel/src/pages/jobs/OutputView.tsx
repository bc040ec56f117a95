import { Button, SegmentedControl, Select } from '@mantine/core';
import { IconArrowDown, IconPlayerPause } from '@tabler/icons-react';
import { useLayoutEffect, useRef, useState } from 'react';
import type { Attempt } from '@gatehouse/contracts';
import { CopyButton } from '../../elements/Copy.js';
import { ErrorNotice } from '../../elements/Notice.js';
import { bytes } from '../../elements/moment.format.js';
import { reveal } from '../../elements/reveal.js';
import { Section } from '../../elements/Section.js';
import { attemptLooks } from '../../elements/tone.js';
import { useAsk } from '../../query.js';
import { isAtEnd, type StreamName } from './output.js';
import { useOutput } from './useOutput.js';
import css from './OutputView.module.css';

const label = (attempt: Attempt): string =>
  `${attempt.purpose === 'agent' ? 'Agent' : 'Validation'} ${attempt.number} · ${attemptLooks[attempt.state].label}`;

interface Props {
  readonly attempts: readonly Attempt[];
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
  /** Attempt id → seq of its newest output event. */
  readonly outputs: Readonly<Record<string, number>>;
}

export const OutputView = ({ attempts, selected, onSelect, outputs }: Props) => {
  const [chosen, setStream] = useState<StreamName | null>(null);
  const attempt = attempts.find((one) => one.id === selected) ?? attempts.at(-1);
  const errors = useAsk(
    'attempts.output',
    { params: { id: attempt?.id ?? '' }, query: { stream: 'stderr', from: 0, limit: 1 } },
    { enabled: attempt !== undefined && attempt.endedAt !== null },
  );
  if (attempt === undefined) return null;
  // Why an agent failed is nearly always the last thing it said there.
  const stream = chosen ?? (attempt.state === 'failed' && (errors.data?.size ?? 0) > 0 ? 'stderr' : 'stdout');
  return (
    <Section
      title="Output"
      flush
      aside={
        <>
          {attempts.length > 1 && (
            <Select
              aria-label="Output of which attempt"
              w={200}
              allowDeselect={false}
              value={attempt.id}
              onChange={(id) => id !== null && onSelect(id)}
              data={attempts.map((one) => ({ value: one.id, label: label(one) }))}
            />
          )}
          <SegmentedControl
            aria-label="Which stream"
            value={stream}
            onChange={(value) => setStream(value as StreamName)}
            data={['stdout', 'stderr']}
          />
        </>
      }
    >
      <Stream
        key={`${attempt.id}-${stream}`}
        attempt={attempt}
        stream={stream}
        nudge={(outputs[attempt.id] ?? 0) + (outputs[''] ?? 0)}
      />
    </Section>
  );
};

const Stream = ({ attempt, stream, nudge }: { attempt: Attempt; stream: StreamName; nudge: number }) => {
  const [whole, setWhole] = useState(false);
  const [follow, setFollow] = useState(true);
  const output = useOutput(attempt.id, stream, whole, nudge);
  const view = useRef<HTMLPreElement>(null);

  useLayoutEffect(() => {
    if (follow && view.current) view.current.scrollTop = view.current.scrollHeight;
  }, [output.pieces, follow]);

  const empty = output.pieces.length === 0;
  return (
    <>
      {output.error && <ErrorNotice error={output.error} />}
      {output.begin > 0 && (
        <div className={css.bar}>
          The first {bytes(output.begin)} are left out here.
          <Button size="compact-xs" variant="default" onClick={() => setWhole(true)}>
            Read everything
          </Button>
        </div>
      )}
      <pre
        ref={view}
        className={css.view}
        tabIndex={0}
        aria-label={`${stream} of attempt ${attempt.number}`}
        onScroll={(event) => setFollow(isAtEnd(event.currentTarget))}
      >
        {output.pieces.map((piece, i) => (
          <span key={i}>{reveal(piece)}</span>
        ))}
        {empty && (
          <span className="soft">
            {!output.read && !output.error
              ? 'Reading…'
              : output.sealed || attempt.endedAt !== null
                ? `Nothing was written to ${stream}.`
                : 'Nothing yet. Output appears here as it comes.'}
          </span>
        )}
      </pre>
      <div className={css.bar}>
        <span>
          {bytes(output.size)}
          {output.truncated && ', then the cap was reached and the rest was not kept'}
          {!output.sealed && attempt.endedAt === null && ' so far'}
        </span>
        <span className={css.tools}>
          {!empty && <CopyButton value={output.pieces.join('')} what="output" />}
          {!output.sealed && attempt.endedAt === null && (
            <Button
              size="compact-xs"
              variant="default"
              leftSection={follow ? <IconPlayerPause size={12} /> : <IconArrowDown size={12} />}
              onClick={() => setFollow(!follow)}
            >
              {follow ? 'Pause' : 'Follow'}
            </Button>
          )}
        </span>
      </div>
    </>
  );
};
