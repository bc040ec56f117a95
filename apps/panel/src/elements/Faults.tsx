import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiProblem } from '../api.js';
import { titleOf } from '../query.js';
import type { Fault } from './document.check.js';
import css from './Faults.module.css';
import { Banner } from './Notice.js';

/** What is wrong with a document, each with its line; a click leads there. */
export const Faults = ({ faults, onGo }: { faults: readonly Fault[]; onGo: (fault: Fault) => void }) => (
  <ul className={css.faults} aria-label="Faults">
    {faults.map((fault, i) => (
      <li key={i}>
        <button type="button" onClick={() => onGo(fault)}>
          <span className={css.line}>line {fault.line}</span>
          <span>
            {fault.path !== '' && <code>{fault.path}</code>} {fault.message}
          </span>
        </button>
      </li>
    ))}
  </ul>
);

/** What the server has against a document that is well-formed. */
export const ServerSays = ({ error }: { error: Error }) => (
  <Banner tone="bad" icon={IconAlertTriangle} title={titleOf(error)}>
    {error.message}
    {error instanceof ApiProblem && (error.problem?.errors?.length ?? 0) > 0 && (
      <ul className={css.errors}>
        {error.problem?.errors?.map((fault) => (
          <li key={fault.path + fault.message}>
            <code>{fault.path}</code> {fault.message}
          </li>
        ))}
      </ul>
    )}
  </Banner>
);
