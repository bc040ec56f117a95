export interface Template {
  readonly id: string;
  readonly label: string;
  readonly text: (repository: string) => string;
}

/** Specs to begin with; each is valid as it stands (templates.spec.ts proves it). */
export const templates: readonly Template[] = [
  {
    id: 'change',
    label: 'Change a file',
    text: (repository) => `apiVersion: gatehouse.dev/v1
kind: Job
metadata:
  name: fix-typo
spec:
  repository: ${repository}
  base: HEAD                # branch, tag or commit; pinned when the job is accepted
  goal: Fix the typo in the first line of README.md
  agent:
    adapter: command        # an argument array; no shell unless you name one
    command: ["sh", "-c", "sed -i '1s/teh/the/' README.md"]
  limits:
    execution: 10m
  policy:                   # may only tighten what the repository allows
    allowedPaths: ["README.md", "docs/**"]
  promotion:
    level: branch
    title: Fix typo in README
`,
  },
  {
    id: 'tested',
    label: 'Change with tests',
    text: (repository) => `apiVersion: gatehouse.dev/v1
kind: Job
metadata:
  name: tested-change
spec:
  repository: ${repository}
  base: HEAD
  goal: Say what is to be done, as you would to a colleague
  agent:
    adapter: command
    command: ["./scripts/agent.sh"]
  limits:
    execution: 30m
    memoryMiB: 2048
  validation:               # run on the result, in a fresh sandbox without a network
    setup: npm ci --offline
    commands:
      - name: tests
        run: npm test
        timeout: 10m
  promotion:
    level: branch
`,
  },
  {
    id: 'patch',
    label: 'Hand in a patch',
    text: (repository) => `apiVersion: gatehouse.dev/v1
kind: Job
metadata:
  name: handed-in-patch
spec:
  repository: ${repository}
  base: main                # the commit that the patch was made on
  goal: Say what the patch does
  agent:
    adapter: patch          # store the bytes first: POST /api/v1/artifacts answers their id
    artifact: sha256:${'0'.repeat(64)}
  promotion:
    level: branch
`,
  },
  {
    id: 'task',
    label: 'Task without a repository',
    text: () => `apiVersion: gatehouse.dev/v1
kind: Job
metadata:
  name: write-report
spec:
  goal: Write a report and leave it as a file
  agent:
    adapter: command
    command: ["sh", "-c", "date -u > report.txt"]
  limits:
    execution: 5m
  promotion:
    level: patch            # a task publishes nothing: its files are stored as artifacts
`,
  },
];
