import type { EffectivePolicy } from '@gatehouse/contracts';
import { Tag } from './Badge.js';
import { Id } from './Copy.js';
import { bytes } from './moment.format.js';
import { Facts } from './Section.js';
import css from './PolicyView.module.css';

const Globs = ({ globs, none }: { globs: readonly string[]; none: string }) =>
  globs.length === 0 ? (
    <span className="soft">{none}</span>
  ) : (
    <span className={css.globs}>
      {globs.map((glob) => (
        <code key={glob}>{glob}</code>
      ))}
    </span>
  );

const stances = { permit: 'permitted', require_approval: 'need approval', forbid: 'forbidden' } as const;

/** Of several lists all have to match; a list of everything says nothing and is left out. */
const Lists = ({ lists, none }: { lists: readonly (readonly string[])[]; none: string }) => {
  const telling = lists.filter((list) => !list.includes('**'));
  if (lists.length === 0) return <span className="soft">{none}</span>;
  if (telling.length === 0) return <span className="soft">all</span>;
  return (
    <span className={css.lists}>
      {telling.map((list, i) => (
        <span key={i}>
          {i > 0 && <span className="soft">and </span>}
          <Globs globs={list} none="nothing" />
        </span>
      ))}
    </span>
  );
};

/** The merge of all policy layers, in words. */
export const PolicyView = ({ policy }: { policy: EffectivePolicy }) => (
  <div className={css.view}>
    <div className={css.layers}>
      {policy.layers.map((layer) => (
        <Tag key={`${layer.layer}${layer.digest}`}>
          {layer.layer}: {layer.name === layer.digest ? layer.name.slice(0, 10) : layer.name}
        </Tag>
      ))}
    </div>
    <Facts
      rows={[
        ['May touch', <Lists key="allowed" lists={policy.allowedPaths} none="nothing" />],
        ['Never', <Globs key="forbidden" globs={policy.forbiddenPaths} none="no path is named" />],
        [
          'Kinds of files',
          `Symbolic links ${stances[policy.symlinks]}, submodules ${stances[policy.gitlinks]}, new executables ${stances[policy.executables]}.`,
        ],
        [
          'Limits',
          `${bytes(policy.limits.patchBytes)} of patch, ${policy.limits.files} files, ${bytes(policy.limits.blobBytes)} a file, ${policy.limits.executionMinutes} min to run.`,
        ],
        ['Runs in', <Globs key="capabilities" globs={policy.capabilities} none="nothing" />],
        ['Agents', <Globs key="adapters" globs={policy.adapters} none="none" />],
        [
          'Commands',
          policy.commands.length === 0 ? (
            <span className="soft">none have to pass</span>
          ) : (
            <span key="commands" className={css.lists}>
              {policy.commands.map((command) => (
                <span key={command.name}>
                  {command.name}: <code>{command.run}</code>
                  {command.tests !== undefined && ' (runs tests)'}
                </span>
              ))}
            </span>
          ),
        ],
        ['Publishes', `up to ${policy.promotion.maxLevel}`],
        ['Targets', <Lists key="targets" lists={policy.promotion.targets} none="none" />],
        [
          'Approvals',
          policy.promotion.quorum === 0 ? 'only where a check asks' : `${policy.promotion.quorum}, always`,
        ],
        [
          'Pull requests',
          `${policy.promotion.openPullRequests} open at once, ${policy.promotion.requestsPerHour} an hour for one person`,
        ],
        [
          'Speculation',
          policy.promotion.speculativeWindow === null
            ? 'none: each change is judged by itself'
            : `up to ${policy.promotion.speculativeWindow} waiting changes are judged on top of one another`,
        ],
        ['Digest', <Id key="digest" value={policy.digest} what="policy digest" />],
      ]}
    />
  </div>
);
