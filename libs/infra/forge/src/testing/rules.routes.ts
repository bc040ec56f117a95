import type { Need } from './access.js';
import { ok, paged, refused } from './answer.js';
import type { RepositoryCall, RepositoryRoute } from './call.js';
import { commitShape } from './commit.shape.js';
import type { BranchShape, ProtectionShape, RuleShape } from './github.types.js';
import { fullName } from './naming.js';
import type { Protection, Repository, Rule } from './world.types.js';

const readContents: Need = { permissions: { contents: 'read' }, role: 'read' };

export const rulesFor = (repository: Repository, branch: string): Rule[] =>
  repository.rules.filter(({ branches }) =>
    branches.endsWith('*') ? branch.startsWith(branches.slice(0, -1)) : branches === branch,
  );

function branchUrl(call: RepositoryCall, branch: string) {
  return `${call.world.urls.api}/repos/${fullName(call.repository)}/branches/${branch}`;
}

function protectionShape(call: RepositoryCall, branch: string, protection: Protection) {
  const url = `${branchUrl(call, branch)}/protection`;
  const contexts = protection.requiredChecks;
  return {
    url,
    ...(contexts && {
      required_status_checks: {
        url: `${url}/required_status_checks`,
        strict: false,
        contexts,
        contexts_url: `${url}/required_status_checks/contexts`,
        checks: contexts.map((context) => ({ context, app_id: null })),
      },
    }),
    ...(protection.requiredApprovals !== undefined && {
      required_pull_request_reviews: {
        url: `${url}/required_pull_request_reviews`,
        dismiss_stale_reviews: false,
        require_code_owner_reviews: false,
        required_approving_review_count: protection.requiredApprovals,
        require_last_push_approval: false,
      },
    }),
    required_signatures: {
      url: `${url}/required_signatures`,
      enabled: protection.requiredSignatures ?? false,
    },
    enforce_admins: { url: `${url}/enforce_admins`, enabled: true },
    required_linear_history: { enabled: false },
    allow_force_pushes: { enabled: protection.allowForcePushes ?? false },
    allow_deletions: { enabled: protection.allowDeletions ?? false },
    block_creations: { enabled: false },
    required_conversation_resolution: { enabled: false },
    lock_branch: { enabled: false },
    allow_fork_syncing: { enabled: false },
  } satisfies ProtectionShape;
}

async function branch(call: RepositoryCall) {
  const { world, repository } = call;
  const name = call.params.branch ?? '';
  const sha = await repository.git.branch(name);
  if (sha === null) return refused(404, 'Branch not found');
  const url = branchUrl(call, name);
  const protection = repository.protections.get(name);
  return ok({
    name,
    commit: await commitShape(world, repository, sha),
    _links: { self: url, html: `${world.urls.web}/${fullName(repository)}/tree/${name}` },
    protected: protection !== undefined || rulesFor(repository, name).length > 0,
    protection: protection ? protectionShape(call, name, protection) : { enabled: false },
    protection_url: `${url}/protection`,
  } satisfies BranchShape);
}

/** Branch names hold slashes, so the tail says which of the two routes it is. */
function branchOrProtection(call: RepositoryCall) {
  const name = call.params.branch ?? '';
  if (!name.endsWith('/protection')) return branch(call);
  const { caller } = call;
  const granted = caller.kind === 'installation' || caller.kind === 'user' ? caller.token.permissions : {};
  if (granted !== null && granted.administration === undefined)
    return refused(403, 'Resource not accessible by integration');
  const of = name.slice(0, -'/protection'.length);
  const protection = call.repository.protections.get(of);
  return protection ? ok(protectionShape(call, of, protection)) : refused(404, 'Branch not protected');
}

function ruleShape(call: RepositoryCall, rule: Rule): RuleShape {
  return {
    type: rule.type,
    ...(rule.parameters && { parameters: rule.parameters }),
    ruleset_source_type: 'Repository',
    ruleset_source: fullName(call.repository),
    ruleset_id: call.repository.id + call.repository.rules.indexOf(rule),
  } as RuleShape;
}

export const ruleRoutes: RepositoryRoute[] = [
  {
    method: 'GET',
    pattern: '/branches',
    need: readContents,
    handle: async (call) => {
      const names = [...(await call.repository.git.refs())].filter(([ref]) => ref.startsWith('refs/heads/'));
      return paged(call, names, ([ref, sha]) => {
        const name = ref.slice('refs/heads/'.length);
        const url = `${call.world.urls.api}/repos/${fullName(call.repository)}/commits/${sha}`;
        return { name, commit: { sha, url }, protected: call.repository.protections.has(name) };
      });
    },
  },
  { method: 'GET', pattern: '/branches/*branch', need: readContents, handle: branchOrProtection },
  {
    method: 'GET',
    pattern: '/rules/branches/*branch',
    need: { permissions: { metadata: 'read' }, role: 'read' },
    handle: (call) =>
      paged(call, rulesFor(call.repository, call.params.branch ?? ''), (rule) => ruleShape(call, rule)),
  },
];
