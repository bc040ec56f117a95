import { Kbd, Modal } from '@mantine/core';
import { keys } from './chord.js';
import css from './Shell.module.css';

export const HelpDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => (
  <Modal opened={opened} onClose={onClose} title="Keyboard" size="sm">
    <dl className={css.keys}>
      {keys.map((row) => (
        <div key={row.keys}>
          <dt>
            {row.keys.split(' ').map((key) => (
              <Kbd key={key}>{key}</Kbd>
            ))}
          </dt>
          <dd>{row.says}</dd>
        </div>
      ))}
      <div>
        <dt>
          <Kbd>Enter</Kbd>
        </dt>
        <dd>Open the row in focus</dd>
      </div>
    </dl>
  </Modal>
);
