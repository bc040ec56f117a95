import type { Severity } from '@gatehouse/contracts';

/**
 * By policy: as its stance says. By place: by kind of file or certainty, at worst it blocks. Inconclusive: nothing is
 * known, so nothing passes.
 */
type Weight = Severity | 'by_policy' | 'by_place' | 'inconclusive';

/** A reason that a gate gives, how heavy it is, and what somebody does who gets it. */
export type GateCode = readonly [code: string, weight: Weight, remedy: string];

const again = 'Make the patch anew with git, unedited.';
const asNew = 'Start the job again.';
const smaller = 'Split the change, or ask for another limit.';
const rename = 'Give it another name.';
const look = 'A person looks at it, or it is left out.';
const lock = 'Make the lockfile anew with its own program.';
const workflow = 'Write it without more rights, secrets or strangers.';
const keep = 'Keep what the tests prove, or a person agrees.';
const revoke = 'Take it out, and revoke it where it is real.';

const prove = 'Add a test that fails without the change, or a person agrees.';
const flaky: GateCode = ['tests.flaky', 'inconclusive', 'Make the test say the same each time.'];
const notAsked: GateCode = ['tests.not_asked', 'inconclusive', 'Mend what the gate `commands` found.'];

const all = (weight: Weight, remedy: string, prefix: string, names: string): GateCode[] =>
  names.split(' ').map((name) => [`${prefix}.${name}`, weight, remedy]);

/** Every reason of every gate, by its id. A gate without an entry does not get through the specs. */
export const gateCodes: Readonly<Record<string, readonly GateCode[]>> = {
  'artifact-integrity': all(
    ...(['block', asNew, 'artifact'] as const),
    'digest_mismatch stale_lease other_session other_repository other_base',
  ),
  'patch-size': all('block', smaller, 'size', 'patch_bytes files lines inflated_bytes blob_bytes line_bytes'),
  'format-strict': [
    ['name.dot_git', 'block', 'Leave this path out of the change.'],
    ...all(
      ...(['block', again, 'patch'] as const),
      'not_a_patch headerless header header_bytes combined trailing second_patch encoded_mail duplicate_path name name_mismatch illegal_path path_conflict rename mode mode_mismatch index abbreviated hunk hunk_order hunk_offset truncated binary binary_omitted size_lie too_large',
    ),
  ],
  'clean-base': all(
    'block',
    'Submit the job again on a base that its branch has.',
    'base',
    'missing unreachable',
  ),
  'harvest-refused': [
    ['harvest.refused', 'block', 'Have the agent leave no such thing in its workspace.'],
    ['harvest.refused_more', 'block', 'As the listed ones.'],
    ['harvest.ignored', 'warn', 'Nothing, unless it was meant to be part of the change.'],
    ['harvest.processes_killed', 'warn', 'Nothing: they were ended.'],
  ],
  canary: [
    [
      'canary.found',
      'block',
      'Look at what the agent did: it handed on credentials that only lie in its home as bait.',
    ],
  ],
  'round-trip': [
    ...all(
      ...(['block', again, 'patch'] as const),
      'does_not_apply offset blob_mismatch mode_mismatch no_effect no_change other_base other_result unnamed_change tree_mismatch tree_differs round_trip illegal_path path_conflict',
    ),
    ['base.tree_differs', 'block', asNew],
  ],
  'no-op': [
    ['change.none', 'warn', 'Nothing: it is an outcome of its own.'],
    ['change.invisible', 'block', again],
  ],
  'tree-size': all('block', smaller, 'size', 'files inflated_bytes blob_bytes line_bytes'),
  fsck: [
    ['fsck.fault', 'block', 'Undo what makes git find this fault.'],
    ['fsck.inherited', 'warn', 'Nothing: it is as old as the base.'],
  ],
  'allowed-paths': [['path.not_allowed', 'block', 'Leave the path out, or ask for a policy that allows it.']],
  'forbidden-paths': [['path.forbidden', 'block', 'Leave the path out of the change.']],
  'policy-rules': [
    ['rule.forbids', 'block', 'Leave the path out, or ask for another policy.'],
    ['rule.asks', 'require_approval', 'A person agrees.'],
  ],
  'protected-paths': all(
    ...(['require_approval', look, 'path'] as const),
    'protected package_scripts package_unreadable short_name',
  ),
  'git-attributes': all(
    ...(['require_approval', look, 'attributes'] as const),
    'diff binary filter merge working_tree_encoding eol crlf ident export_ignore export_subst linguist_generated linguist_vendored gitlab_generated unknown unreadable',
  ),
  'illegal-names': [
    ...all(
      ...(['block', rename, 'name'] as const),
      'dots dot_git git_file control bidi backslash colon trailing device too_long path_too_long option case_twin unicode_twin',
    ),
    ...all('warn', rename, 'name', 'not_utf8 not_portable leading_dash'),
  ],
  symlink: [
    ['symlink.changed', 'by_policy', 'Use a plain file.'],
    ['symlink.target', 'block', 'Point the link at a path inside the repository.'],
  ],
  gitlink: all('by_policy', 'Leave submodules as they are.', 'gitlink', 'changed gitmodules'),
  'executable-bit': [['mode.executable', 'by_policy', 'Leave the mode as it is.']],
  'embedded-repository': [['path.embedded_repository', 'block', 'Keep repositories out of the change.']],
  'runtime-artifacts': [['path.runtime_artifact', 'block', 'Delete it, and add it to .gitignore.']],
  'invisible-characters': all(
    ...(['by_place', 'Write the text without them.', 'unicode'] as const),
    'tag bidi line_separator control invisible private_use soft joiner name',
  ),
  'mixed-scripts': all('by_place', 'Write it in one script.', 'script', 'mixed_word mixed_host'),
  secrets: all('by_place', revoke, 'secret', 'token private_key web_token address named unfinished'),
  'binary-content': [
    ...all('require_approval', look, 'binary', 'new mismatch'),
    ...all('require_approval', look, 'content', 'minified long_line generated unread'),
  ],
  'instruction-payloads': all(
    'by_place',
    'Take it out unless it is meant, and never follow it.',
    'injection',
    'override role secrecy address hidden',
  ),
  'licence-header': [
    ...all(
      'block',
      'Put it back: who owns the code decides.',
      'licence',
      'file_removed file_changed header_removed header_changed',
    ),
    ...all('require_approval', look, 'licence', 'file_added copyleft'),
  ],
  'execution-surface': [
    ...all(
      ...(['require_approval', look, 'execution'] as const),
      'new_file changed_file lifecycle_script package_field build_backend maven_plugin tool_config directive process_in_config unreadable',
    ),
    ...all('by_place', look, 'execution', 'piped unpacked downloaded'),
  ],
  dependencies: [
    ...all(
      ...(['block', lock, 'dependency'] as const),
      'registry url_insecure url_credentials url_unreadable url_mismatch integrity_changed integrity_conflict',
    ),
    ...all('by_place', lock, 'dependency', 'integrity_missing unreadable'),
    ...all(
      ...(['require_approval', look, 'dependency'] as const),
      'new new_host version look_alike unknown source alias override mismatch url_changed integrity_replaced integrity_added lock_removed',
    ),
  ],
  'workflow-semantics': all(
    ...(['block', workflow, 'workflow'] as const),
    'unpinned injection untrusted_checkout secret runner permissions cache unsecure_commands unreadable',
  ),
  'test-tampering': all(
    ...(['require_approval', keep, 'test'] as const),
    'removed skip only expected_failure silenced empty_allowed masked retried threshold_lowered threshold_removed assertions_fewer fewer snapshots',
  ),
  commands: [
    ...all(
      'block',
      'Mend what the command found, then submit again.',
      'command',
      'failed timeout error missing not_run',
    ),
    flaky,
  ],
  'tests-ran': [
    ['tests.none_ran', 'inconclusive', 'Bring the tests back, or see why the runner does not find them.'],
    ['tests.fewer', 'inconclusive', 'Bring the tests back, or raise `tests.fewerPercent`.'],
    ['tests.uncounted', 'inconclusive', 'Print a summary that is read, or name a JUnit report.'],
    notAsked,
  ],
  'base-tests': [
    [
      'tests.base_regressed',
      'block',
      'Make them pass, or declare it in `validation.regressions` of the job.',
    ],
    ['tests.regression_declared', 'require_approval', 'Have a person confirm what the job declares.'],
    ['tests.base_fewer', 'by_place', 'See why tests of the base do not run any more.'],
    ['tests.base_red', 'by_place', 'Look at whether they fail for the same reason as before.'],
    ['tests.base_not_run', 'inconclusive', 'Give the validation more time.'],
    flaky,
    notAsked,
  ],
  'hunk-revert': [
    ['tests.none_changed', 'require_approval', prove],
    ['tests.prove_nothing', 'require_approval', prove],
    ['tests.undone_unclear', 'inconclusive', 'Make the tests of the base pass and say the same each time.'],
    ['tests.hunk_unnoticed', 'warn', 'See whether a test for it is missing.'],
    ['tests.hunks_left', 'warn', 'Raise `tests.revertHunks` or `tests.revertMinutes`.'],
    notAsked,
  ],
};

/** What any gate may answer. */
export const commonCodes: readonly GateCode[] = [
  ['gate.fact_missing', 'block', 'Judge the candidate again.'],
  ['gate.broken', 'block', 'Report it with the id of the candidate.'],
  ['gate.more_findings', 'by_place', 'Mend the listed ones first.'],
];
