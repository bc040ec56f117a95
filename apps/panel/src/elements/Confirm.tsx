import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';

interface Props {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: React.ReactNode;
  readonly action: string;
  readonly danger?: boolean;
  readonly pending: boolean;
  /** Label of the field for a reason; absent: none is asked for. */
  readonly reason?: string;
  readonly reasonNeeded?: boolean;
  readonly reasonMax?: number;
  readonly onConfirm: (reason: string) => void;
}

/** Asks before something that cannot be taken back. Says what will happen, not "are you sure". */
export const Confirm = (props: Props) => {
  const [reason, setReason] = useState('');
  const missing = props.reasonNeeded === true && reason.trim() === '';
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) props.onConfirm(reason.trim());
        }}
      >
        <div style={{ display: 'flex', flexDirection: 'column', gap: 14 }}>
          <div>{props.children}</div>
          {props.reason !== undefined && (
            <Textarea
              label={props.reason}
              required={props.reasonNeeded ?? false}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              maxLength={props.reasonMax ?? 500}
              autosize
              minRows={2}
              maxRows={14}
              data-autofocus
            />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={props.onClose}>
              Leave it
            </Button>
            <Button
              type="submit"
              color={props.danger ? 'red' : 'accent'}
              loading={props.pending}
              disabled={missing}
            >
              {props.action}
            </Button>
          </Group>
        </div>
      </form>
    </Modal>
  );
};
