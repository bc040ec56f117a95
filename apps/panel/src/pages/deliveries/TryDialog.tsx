import { Button, Group, Modal, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ErrorNotice } from '../../elements/Notice.js';
import { useAct } from '../../query.js';
import { eventFault } from './delivery.filter.js';
import { payloadOf } from './delivery.words.js';
import { TrialView } from './TrialView.js';
import css from './Deliveries.module.css';

const sample = '{ "action": "labeled", "issue": { … }, "repository": { … } }';

/** A payload by hand: says what it would do, and does nothing. */
export const TryDialog = ({ onClose }: { onClose: () => void }) => {
  const [event, setEvent] = useState('issues');
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const trial = useAct('webhooks.dryRun', { quiet: true });
  const wrongEvent = event === '' ? 'Which event is it?' : eventFault(event);
  const run = () => {
    const given = payloadOf(text);
    trial.reset();
    setFault(given.ok ? null : given.fault);
    if (given.ok && wrongEvent === null) trial.mutate({ body: { event, payload: given.payload } });
  };
  return (
    <Modal opened onClose={onClose} title="Try a payload" size="lg">
      <form
        className={css.stack}
        onSubmit={(submitted) => {
          submitted.preventDefault();
          run();
        }}
      >
        <p className={css.text}>Says what it would do now. Nothing is stored, asked for or written.</p>
        <TextInput
          label="Event"
          description="The header X-GitHub-Event"
          value={event}
          error={wrongEvent}
          onChange={(changed) => setEvent(changed.currentTarget.value.trim())}
        />
        <Textarea
          className={css.mono ?? ''}
          label="Payload"
          description="The body as GitHub sends it, JSON"
          placeholder={sample}
          value={text}
          error={fault}
          onChange={(changed) => setText(changed.currentTarget.value)}
          spellCheck={false}
          autosize
          minRows={6}
          maxRows={16}
          data-autofocus
        />
        {trial.error && <ErrorNotice error={trial.error} />}
        {trial.data && <TrialView trial={trial.data} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={trial.isPending}>
            Try it
          </Button>
        </Group>
      </form>
    </Modal>
  );
};
