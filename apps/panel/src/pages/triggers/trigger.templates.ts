export interface TriggerTemplate {
  readonly id: string;
  readonly label: string;
  readonly text: (repository: string) => string;
}

const rest = (repository: string, name: string, on: string, says: string) => `apiVersion: gatehouse.dev/v1
kind: Trigger
metadata:
  name: ${name}
spec:
  repository: ${repository}
  on: ${on}
  who:
    permission: write       # what whoever ${says} may do at GitHub, asked as it fires
    unknown: create         # an account nobody linked: make a principal that may request jobs; or refuse
  job:                      # a JobSpec's spec without repository, base, goal and inputs
    agent:
      adapter: command      # an argument array; no shell unless you name one
      command: ["./scripts/agent.sh"]
    limits:
      execution: 30m
    promotion:
      level: draft_pr
`;

/** Documents to begin with; each is valid as it stands (trigger.words.spec.ts proves it). */
export const triggerTemplates: readonly TriggerTemplate[] = [
  {
    id: 'label',
    label: 'A label on an issue',
    text: (repository) => rest(repository, 'fix', `{ label: "gatehouse:run" }`, 'sets the label'),
  },
  {
    id: 'command',
    label: 'A comment under an issue',
    text: (repository) => rest(repository, 'asked', '{ command: run }  # /gatehouse run', 'comments'),
  },
];
