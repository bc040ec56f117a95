import { Modal } from '@mantine/core';
import { stringify } from 'yaml';
import type { Job } from '@gatehouse/contracts';
import { CopyButton } from '../../elements/Copy.js';
import css from './SpecDialog.module.css';

/** The spec as it was accepted, defaults filled in: this is what the digest covers. */
export const SpecDialog = ({ job, onClose }: { job: Job; onClose: () => void }) => {
  const text = stringify(job.spec, { lineWidth: 100 });
  return (
    <Modal opened onClose={onClose} title={`Spec of ${job.name}`} size="xl">
      <div className={css.bar}>
        <span>As accepted, with its defaults filled in.</span>
        <CopyButton value={text} what="spec" />
      </div>
      <pre className={css.text} tabIndex={0}>
        {text}
      </pre>
    </Modal>
  );
};
