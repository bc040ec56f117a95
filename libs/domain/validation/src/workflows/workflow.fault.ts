import type { Leaf } from './workflow.leaf.js';

export interface WorkflowFault {
  readonly code: string;
  readonly message: string;
  readonly line: number;
  readonly evidence?: string;
  /** Equal where the fault is the same one, wherever its line went. */
  readonly key: string;
}

const fault = (code: string, message: string, { path, line, value }: Leaf, key: string): WorkflowFault => {
  const evidence = value.trim().slice(0, 200);
  const job = path[0] === 'jobs' ? (path[1] ?? '') : '';
  return {
    code: `workflow.${code}`,
    message,
    line,
    key: [code, job, key].join('\0'),
    ...(evidence ? { evidence } : {}),
  };
};

/** Runs with the rights and secrets of the repository on what a stranger sent. */
const privileged = new Set([
  'pull_request_target',
  'workflow_run',
  'issue_comment',
  'issues',
  'discussion_comment',
]);

const triggersOf = (leaves: readonly Leaf[]): Set<string> =>
  new Set(leaves.filter(({ path }) => path[0] === 'on').flatMap(({ path, value }) => [path[1] ?? '', value]));

/** What stands between `${{` and `}}`. */
export const expressionsIn = (text: string): string[] => {
  const found: string[] = [];
  for (let at = text.indexOf('${{'); at >= 0; at = text.indexOf('${{', at)) {
    const end = text.indexOf('}}', at);
    found.push(text.slice(at + 3, end < 0 ? undefined : end));
    if (end < 0) break;
    at = end;
  }
  return found;
};

const untrusted =
  /\bgithub\s*(?:\.\s*(?:event\b|head_ref\b|ref_name\b|base_ref\b)|\[)|\binputs\s*[.[]|\btojson\s*\(\s*github\s*\)/i;
const head =
  /github\s*\.\s*(?:head_ref\b|event\s*\.\s*(?:pull_request\s*\.\s*head\b|workflow_run\s*\.\s*head_|client_payload\b))|refs\/pull\/|\bgh\s+pr\s+checkout\b/i;
const secret = /\bsecrets\s*(?:\.\s*([A-Za-z_]\w*)|\[)/gi;
const hosted = /^(?:ubuntu|windows|macos)-[\w.-]+$/;

const last = ({ path }: Leaf): string => path.at(-1) ?? '';
const isRun = (leaf: Leaf): boolean =>
  last(leaf) === 'run' || (last(leaf) === 'script' && leaf.path.at(-2) === 'with');

const secretsOf = (leaf: Leaf): WorkflowFault[] => {
  if (last(leaf) === 'secrets' && leaf.value === 'inherit')
    return [fault('secret', 'It hands all secrets on.', leaf, 'inherit')];
  const used = expressionsIn(leaf.value).flatMap((text) =>
    [...text.matchAll(secret)].map(([, name]) => name ?? '*'),
  );
  return [...new Set(used)]
    .filter((name) => name.toUpperCase() !== 'GITHUB_TOKEN')
    .map((name) =>
      fault('secret', `It uses the secret ${name.slice(0, 100)}, which it did not use before.`, leaf, name),
    );
};

const usesOf = (leaf: Leaf): WorkflowFault[] => {
  const { value } = leaf;
  if (last(leaf) !== 'uses' || value.startsWith('./') || /@(?:[0-9a-f]{40}|sha256:[0-9a-f]{64})$/.test(value))
    return [];
  return [
    fault(
      'unpinned',
      'What it uses is not pinned to a commit: its owner can put other code there.',
      leaf,
      value,
    ),
  ];
};

const runnersOf = (leaf: Leaf): WorkflowFault[] => {
  if (!leaf.path.includes('runs-on') || hosted.test(leaf.value)) return [];
  return [fault('runner', 'It runs on a machine that is not made anew for every run.', leaf, leaf.value)];
};

const permissionsOf = (leaf: Leaf): WorkflowFault[] => {
  const at = leaf.path.indexOf('permissions');
  if (at < 0 || !/^write(?:-all)?$/.test(leaf.value)) return [];
  const scope = leaf.path[at + 1] ?? 'all';
  return [fault('permissions', `Its token may write: ${scope.slice(0, 60)}.`, leaf, scope)];
};

/** Steps that keep a cache: the path of each, up to its number. */
const cacheSteps = (leaves: readonly Leaf[]): Set<string> =>
  new Set(
    leaves
      .filter((leaf) => last(leaf) === 'uses' && /^actions\/cache(?:\/|@|$)/i.test(leaf.value))
      .map(({ path }) => path.slice(0, -1).join('\0')),
  );

const cachesOf = (leaf: Leaf, steps: ReadonlySet<string>, risky: boolean): WorkflowFault[] => {
  if (last(leaf) !== 'key' || !steps.has(leaf.path.slice(0, -2).join('\0'))) return [];
  const parts = expressionsIn(leaf.value);
  const open = parts.some((text) => untrusted.test(text));
  if (!risky && !open && parts.length > 0) return [];
  const message = 'Somebody else can fill this cache, and a run with more rights would take it.';
  return [fault('cache', message, leaf, leaf.value)];
};

/** Everything in a workflow or action that must not come in by itself, in the order of its lines. */
export const faultsOf = (leaves: readonly Leaf[]): WorkflowFault[] => {
  const risky = [...triggersOf(leaves)].some((name) => privileged.has(name));
  const steps = cacheSteps(leaves);
  return leaves.flatMap((leaf) => {
    const faults = [
      ...secretsOf(leaf),
      ...usesOf(leaf),
      ...runnersOf(leaf),
      ...permissionsOf(leaf),
      ...cachesOf(leaf, steps, risky),
    ];
    if (isRun(leaf) && expressionsIn(leaf.value).some((text) => untrusted.test(text)))
      faults.push(
        fault('injection', 'It puts text of strangers into a program before it runs.', leaf, leaf.value),
      );
    if (risky && (isRun(leaf) || last(leaf) === 'ref') && head.test(leaf.value))
      faults.push(
        fault(
          'untrusted_checkout',
          'It runs the code of strangers with the rights of the repository.',
          leaf,
          leaf.value,
        ),
      );
    if (leaf.path.includes('env') && /^ACTIONS_ALLOW_UNSECURE_COMMANDS$/i.test(last(leaf)))
      faults.push(
        fault('unsecure_commands', 'It lets anything that is printed set variables.', leaf, last(leaf)),
      );
    return faults;
  });
};

/** Top-level permissions that were narrowed and no longer are: the defaults of the repository count again. */
export const losesPermissions = (old: readonly Leaf[], made: readonly Leaf[]): boolean =>
  old.some(({ path }) => path[0] === 'permissions') && !made.some(({ path }) => path[0] === 'permissions');
