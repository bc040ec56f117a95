import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import {
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerTrackNext,
  IconTrash,
} from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Schedule } from '@gatehouse/contracts';
import { Confirm } from '../../elements/Confirm.js';
import { paths } from '../../paths.js';
import { useAct } from '../../query.js';
import { useMe } from '../../shell/me.js';
import { allowedOn, runLooks } from './schedule.words.js';
import css from './SchedulesPage.module.css';

export const ScheduleActions = ({ schedule }: { schedule: Schedule }) => {
  const may = allowedOn(schedule, useMe());
  const params = { id: schedule.id };
  const [ending, end] = useDisclosure(false);
  const change = useAct('schedules.change', {
    done: (one) => (one.state === 'paused' ? `${one.name} is paused.` : `${one.name} goes on.`),
  });
  const trigger = useAct('schedules.trigger', {
    done: ({ state, reason }) => {
      if (reason === null) return 'A job was submitted.';
      // Asked for and not done: no green for that.
      notifications.show({ title: runLooks[state].label, message: reason.message, color: 'yellow' });
      return undefined;
    },
  });
  const endAct = useAct('schedules.end', { done: (one) => `${one.name} has ended.` });
  const move = (state: 'active' | 'paused') =>
    change.mutate({ params, body: { version: schedule.version, state } });
  if (!may.run) return null;

  return (
    <div className={css.actions}>
      <Button
        leftSection={<IconPlayerTrackNext size={14} />}
        loading={trigger.isPending}
        onClick={() => trigger.mutate({ params })}
      >
        Run now
      </Button>
      {may.pause && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={14} />}
          loading={change.isPending}
          onClick={() => move('paused')}
        >
          Pause
        </Button>
      )}
      {may.resume && (
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          loading={change.isPending}
          onClick={() => move('active')}
        >
          Resume
        </Button>
      )}
      {may.change && (
        <Button
          component={Link}
          to={paths.changeSchedule(schedule.id)}
          variant="default"
          leftSection={<IconPencil size={14} />}
        >
          Change
        </Button>
      )}
      <Button variant="default" leftSection={<IconTrash size={14} />} onClick={end.open}>
        Delete
      </Button>
      <Confirm
        opened={ending}
        onClose={end.close}
        title={`Delete ${schedule.name}?`}
        action="Delete"
        danger
        pending={endAct.isPending}
        onConfirm={() => endAct.mutate({ params }, { onSuccess: end.close })}
      >
        It makes no more jobs, and cannot be brought back. Its runs and their jobs stay.
      </Confirm>
    </div>
  );
};
