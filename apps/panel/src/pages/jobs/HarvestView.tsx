import { HarvestReport } from '@gatehouse/contracts';
import { count, lasting } from '../../elements/moment.format.js';
import css from './Attempts.module.css';

const PathList = ({ paths, total }: { paths: readonly string[]; total: number }) => (
  <ul className={css.paths}>
    {paths.map((path) => (
      <li key={path}>
        <code>{path}</code>
      </li>
    ))}
    {total > paths.length && <li className="soft">and {total - paths.length} more</li>}
  </ul>
);

/** What was found in the sandbox after it was dead: what came along, what did not, and who outlived the agent. */
export const HarvestView = ({ report }: { report: Record<string, unknown> }) => {
  const parsed = HarvestReport.safeParse(report);
  if (!parsed.success) return <pre className={css.raw}>{JSON.stringify(report, null, 2)}</pre>;
  const { ignored, ignoredCount, refused, refusedCount, killedProcesses, outcome, durationMs, sandbox } =
    parsed.data;
  const clean = ignoredCount === 0 && refusedCount === 0 && killedProcesses === 0;
  return (
    <div className={css.harvest}>
      <p className="soft">
        {sandbox}; ended as {outcome} after {lasting(durationMs)}.
        {clean && ' Nothing was left out, nothing was refused, and no process outlived the agent.'}
      </p>
      {killedProcesses > 0 && (
        <p>
          {count(killedProcesses, 'process', 'processes')} outlived the agent and{' '}
          {killedProcesses === 1 ? 'was' : 'were'} killed before the workspace was read.
        </p>
      )}
      {refusedCount > 0 && (
        <div>
          <p>{count(refusedCount, 'entry', 'entries')} cannot be part of a tree:</p>
          <ul className={css.paths}>
            {refused.map((entry) => (
              <li key={entry.path}>
                <code>{entry.path}</code> <span className="soft">{entry.reason}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {ignoredCount > 0 && (
        <div>
          <p>
            {count(ignoredCount, 'new file')} left out, since the base&apos;s .gitignore ignores{' '}
            {ignoredCount === 1 ? 'it' : 'them'}:
          </p>
          <PathList paths={ignored} total={ignoredCount} />
        </div>
      )}
    </div>
  );
};
