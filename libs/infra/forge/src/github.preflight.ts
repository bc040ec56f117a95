import { GatehouseError } from '@gatehouse/contracts';
import type { ForgeReader, ForgeRepo, PreflightLine } from './forge.js';
import type { GithubClient } from './github.client.js';
import type { Credentials } from './github.credentials.js';
import { Branch, BranchRule } from './github.schema.js';

/** What the App needs to be granted, for everything that we write. */
export const neededPermissions: Readonly<Record<string, 'read' | 'write'>> = {
  contents: 'write',
  pull_requests: 'write',
  checks: 'write',
  issues: 'write',
  metadata: 'read',
};

/** The rights that are missing, in words; empty where all are there. */
export const missingPermissions = (granted: Readonly<Record<string, string>>): string[] =>
  Object.entries(neededPermissions)
    .filter(([right, level]) => granted[right] !== level && granted[right] !== 'write')
    .map(([right, level]) => `${right} (${level})`);

/** More than this, and the App's word of itself is believed only because we look at the forge's clock. */
export const maxSkewMs = 60_000;

const blocking: Readonly<Record<string, string>> = {
  creation: 'restricts who may create this branch',
  update: 'restricts who may update this branch',
  required_signatures: 'requires signed commits',
};

const yes = (check: string, detail: string): PreflightLine => ({ check, ok: true, detail, fix: '' });
const no = (check: string, detail: string, fix: string): PreflightLine => ({ check, ok: false, detail, fix });
const codeOf = (error: unknown): string => (error instanceof GatehouseError ? error.code : '');
/** What is wrong with the repository or our rights is a line; a forge that does not answer is thrown. */
const asLine = (check: string, error: unknown): PreflightLine => {
  if (!['forge.unauthorized', 'forge.forbidden', 'forge.not_found', 'forge.invalid'].includes(codeOf(error)))
    throw error;
  const [detail = '', ...advice] = (error as GatehouseError).message.split(/(?<=\.) /);
  return no(check, detail, advice.join(' ') || 'Check the repository at GitHub.');
};

interface Seen {
  readonly client: GithubClient;
  readonly credentials: Credentials;
  readonly reader: ForgeReader;
}

/** Everything that has to hold before a branch is written and a draft opened; one line each, bad ones with the fix. */
export const preflight = async (
  { client, credentials, reader }: Seen,
  repo: ForgeRepo,
  { branch, target }: { readonly branch: string; readonly target: string },
): Promise<readonly PreflightLine[]> => {
  const lines: PreflightLine[] = [];
  const place = { owner: repo.owner, repo: repo.name };
  const access = (fresh: boolean) => credentials.write(repo, fresh);
  try {
    const granted = await credentials.permissions(repo);
    const missing = granted === null ? [] : missingPermissions(granted);
    lines.push(
      yes('forge.installation', granted === null ? 'a fine-grained token is used' : 'the App is installed'),
      missing.length > 0
        ? no(
            'forge.permissions',
            `the App lacks ${missing.join(', ')}`,
            'Grant them in the settings of the App, then accept them in the installation.',
          )
        : yes(
            'forge.permissions',
            granted === null ? 'GitHub does not say what a token may do; the first write shows it' : 'enough',
          ),
    );
    const found = await reader.repository(repo);
    lines.push(
      found.archived
        ? no('forge.archived', 'the repository is archived', 'Unarchive it at GitHub.')
        : yes('forge.archived', 'the repository can be written to'),
      yes(
        'forge.drafts',
        found.private
          ? 'private: where the plan has no drafts, the first one shows it and a branch is published instead'
          : 'public repositories have drafts',
      ),
    );
  } catch (error) {
    return [...lines, asLine('forge.installation', error)];
  }
  try {
    await client.call(
      access,
      'GET /repos/{owner}/{repo}/branches/{branch}',
      { ...place, branch: target },
      Branch,
    );
    lines.push(yes('forge.target', `${target} is there`));
  } catch (error) {
    lines.push(
      codeOf(error) === 'forge.not_found'
        ? no('forge.target', `there is no branch ${target}`, 'Choose a target that exists at GitHub.')
        : asLine('forge.target', error),
    );
  }
  lines.push(await rulesFor({ client, credentials }, repo, branch), clock(client.skewMs));
  return lines;
};

const rulesFor = async (
  { client, credentials }: Pick<Seen, 'client' | 'credentials'>,
  repo: ForgeRepo,
  branch: string,
): Promise<PreflightLine> => {
  try {
    const rules = await client.pages(
      (fresh) => credentials.write(repo, fresh),
      'GET /repos/{owner}/{repo}/rules/branches/{branch}',
      { owner: repo.owner, repo: repo.name, branch },
      BranchRule,
    );
    const against = [...new Set(rules.flatMap(({ type }) => blocking[type] ?? []))];
    if (against.length === 0) return yes('forge.rules', 'no ruleset stands against our branches');
    return no(
      'forge.rules',
      `a ruleset ${against.join(' and ')}`,
      'Exempt gatehouse/** from that ruleset, or let the App bypass it.',
    );
  } catch (error) {
    // Older Enterprise Servers have no rulesets, and a token may not be allowed to look.
    if (['forge.not_found', 'forge.forbidden'].includes(codeOf(error)))
      return yes('forge.rules', 'rulesets cannot be looked at; the first push shows them');
    throw error;
  }
};

const clock = (skewMs: number): PreflightLine =>
  Math.abs(skewMs) <= maxSkewMs
    ? yes('forge.clock', 'our clock agrees with GitHub’s')
    : no(
        'forge.clock',
        `our clock is ${Math.round(-skewMs / 1000)} s ahead of GitHub’s`,
        'Set the clock of this machine by NTP.',
      );
