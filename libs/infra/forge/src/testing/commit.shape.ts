import { userShape } from './account.shape.js';
import type { CommitShape, GitCommitShape } from './github.types.js';
import { fullName, nodeId } from './naming.js';
import type { Repository } from './world.types.js';
import type { World } from './world.js';

const unsigned = {
  verified: false,
  reason: 'unsigned',
  signature: null,
  payload: null,
  verified_at: null,
} as const;

/** A commit as git's own database has it. */
export async function gitCommitShape(world: World, repository: Repository, sha: string) {
  const facts = await repository.git.commitFacts(sha);
  const root = `${world.urls.api}/repos/${fullName(repository)}/git`;
  const web = `${world.urls.web}/${fullName(repository)}`;
  return {
    sha: facts.sha,
    node_id: nodeId('Commit', facts.sha),
    url: `${root}/commits/${facts.sha}`,
    html_url: `${web}/commit/${facts.sha}`,
    author: facts.author,
    committer: facts.committer,
    tree: { sha: facts.tree, url: `${root}/trees/${facts.tree}` },
    message: facts.message,
    parents: facts.parents.map((parent) => ({
      sha: parent,
      url: `${root}/commits/${parent}`,
      html_url: `${web}/commit/${parent}`,
    })),
    verification: unsigned,
  } satisfies GitCommitShape;
}

/** A commit as the repository's history shows it. */
export async function commitShape(world: World, repository: Repository, sha: string) {
  const facts = await repository.git.commitFacts(sha);
  const root = `${world.urls.api}/repos/${fullName(repository)}`;
  const web = `${world.urls.web}/${fullName(repository)}`;
  const accountOf = (email: string) => {
    const known = [...world.accounts.values()].find((one) => one.email === email);
    return known ? userShape(world, known) : null;
  };
  return {
    sha: facts.sha,
    node_id: nodeId('Commit', facts.sha),
    commit: {
      author: facts.author,
      committer: facts.committer,
      message: facts.message,
      tree: { sha: facts.tree, url: `${root}/git/trees/${facts.tree}` },
      url: `${root}/git/commits/${facts.sha}`,
      comment_count: 0,
      verification: unsigned,
    },
    url: `${root}/commits/${facts.sha}`,
    html_url: `${web}/commit/${facts.sha}`,
    comments_url: `${root}/commits/${facts.sha}/comments`,
    author: accountOf(facts.author.email),
    committer: accountOf(facts.committer.email),
    parents: facts.parents.map((parent) => ({
      sha: parent,
      url: `${root}/commits/${parent}`,
      html_url: `${web}/commit/${parent}`,
    })),
  } satisfies CommitShape;
}
