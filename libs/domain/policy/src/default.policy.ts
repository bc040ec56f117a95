import { PolicyDocument, type PolicyRules } from '@gatehouse/contracts';

const MiB = 1024 * 1024;

/** Definitions that a CI system runs with its own secrets as soon as they are pushed, and Gatehouse's own. */
const neverWritten = [
  '.github/workflows/**',
  '.github/actions/**',
  '.gitlab-ci.yml',
  '.gitlab/ci/**',
  '.circleci/**',
  '.buildkite/**',
  '.woodpecker.yml',
  '.woodpecker.yaml',
  '.woodpecker/**',
  '.drone.yml',
  '.travis.yml',
  '.forgejo/workflows/**',
  '.gitea/workflows/**',
  'Jenkinsfile',
  'azure-pipelines.yml',
  'bitbucket-pipelines.yml',
  'appveyor.yml',
  '.appveyor.yml',
  'gatehouse.yml',
  'gatehouse.yaml',
  '.gatehouse.yml',
  '.gatehouse.yaml',
];

/**
 * Where the common languages keep tests, what tests are compared with, and how their runners are set up. Folders
 * that as often hold something else (spec, fixtures) are not among them.
 */
const testFiles = [
  '**/test/**',
  '**/tests/**',
  '**/__tests__/**',
  '**/__mocks__/**',
  '**/__snapshots__/**',
  '**/testdata/**',
  '**/*.test.*',
  '**/*.spec.*',
  '**/*_test.*',
  '**/test_*.py',
  '**/conftest.py',
  '**/*_spec.rb',
  '**/spec_helper.rb',
  '**/*Test.java',
  '**/*Tests.java',
  '**/*Test.kt',
  '**/*Tests.cs',
  '**/*Test.php',
  '**/*.bats',
  '**/t/*.t',
  '**/*.snap',
  '**/jest.config.*',
  '**/vitest.config.*',
  '**/vitest.workspace.*',
  '**/.mocharc*',
  '**/karma.conf.*',
  '**/playwright.config.*',
  '**/pytest.ini',
  '**/tox.ini',
  '**/.rspec',
  '**/phpunit.xml*',
];

/**
 * Every field is set: an installation layer that leaves one out gets this one's. But for registries: without a
 * list, packages come from the hosts that the base fetches from. No lane is speculative unless somebody says so.
 */
export type CompleteRules = Required<Omit<PolicyRules, Grouped | 'rules' | 'commands' | 'setup'>> & {
  [Group in Exclude<Grouped, 'dependencies' | 'promotion'>]: Required<NonNullable<PolicyRules[Group]>>;
} & { promotion: Required<Omit<NonNullable<PolicyRules['promotion']>, 'speculativeWindow'>> } & {
  dependencies: { names: string[] };
};
type Grouped = 'limits' | 'gates' | 'secrets' | 'dependencies' | 'tests' | 'promotion';

export const defaultRules: CompleteRules = {
  allowedPaths: ['**'],
  forbiddenPaths: neverWritten,
  // Liftable, unlike our own list: some repositories do keep built files or a folder called memory.
  runtimeArtifacts: ['**/dist/**', 'memory/**'],
  symlinks: 'forbid',
  gitlinks: 'forbid',
  executables: 'require_approval',
  limits: {
    patchBytes: 4 * MiB,
    files: 100,
    blobBytes: 8 * MiB,
    inflatedBytes: 32 * MiB,
    // A quarter of the 1 MiB line that stalls viewers and scanners; the longest honest lines are embedded images.
    lineBytes: MiB / 4,
    // Lockfiles of large projects have some 30,000 lines.
    lines: 50_000,
    executionMinutes: 120,
    rounds: 100,
    maxTokens: 100_000_000,
    maxCostUsd: 1000,
  },
  gates: { required: ['*'], blocking: [], staged: [] },
  secrets: { allow: [] },
  dependencies: { names: ['**'] },
  images: ['**'],
  staged: false,
  activation: 'anyone',
  capabilities: ['docker_sandbox', 'process_sandbox'],
  adapters: ['command', 'patch'],
  tests: {
    files: testFiles,
    reruns: 2,
    // One of ten may go: whoever merges or removes tests on purpose raises it, and whoever empties them is seen.
    fewerPercent: 10,
    hunkRevert: false,
    revertHunks: 20,
    revertMinutes: 30,
  },
  promotion: {
    maxLevel: 'draft_pr',
    approvals: { quorum: 0 },
    targets: ['**'],
    openPullRequests: 5,
    requestsPerHour: 3,
  },
};

/** What an installation starts with, and what an admin edits. */
export const defaultInstallationPolicy: PolicyDocument = PolicyDocument.parse({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Policy',
  metadata: { name: 'default', layer: 'installation' },
  spec: defaultRules,
});
