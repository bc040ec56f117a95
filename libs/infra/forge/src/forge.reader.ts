import type { ForgeReader, ForgeTokens } from './forge.js';
import type { ForgeSettings } from './forge.settings.js';
import { GithubClient } from './github.client.js';
import { GithubReader } from './github.reader.js';
import { RateBudget } from './rate.budget.js';

/** A reader with tokens that somebody else hands out; for engine and api. Nothing is asked of the forge yet. */
export const createForgeReader = (
  settings: Pick<ForgeSettings, 'apiUrl'>,
  tokens: ForgeTokens,
): ForgeReader => {
  const budgets = new Map<string, RateBudget>();
  // GitHub counts for an installation, which is of one owner.
  const budgetOf = (owner: string): RateBudget => {
    const budget = budgets.get(owner) ?? new RateBudget();
    budgets.set(owner, budget);
    return budget;
  };
  return new GithubReader(new GithubClient({ apiUrl: settings.apiUrl }), (repo) => async (fresh) => ({
    token: (await tokens.readToken(repo, { fresh })).token,
    budget: budgetOf(repo.owner.toLowerCase()),
  }));
};
