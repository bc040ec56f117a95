import { GatehouseError } from '@gatehouse/contracts';
import { Injectable } from '@nestjs/common';
import { IdentityService } from '../identity.service.js';
import type { Intent, IssueSnapshot } from '../intent.js';
import type { Asking } from '../plan.js';
import { wordsOf } from '../command/spoken.js';

type Said = Extract<Intent, { kind: 'command' | 'review' | 'dismissal' }>;

/** A forge may tell of a comment before it shows it everywhere. */
const youngMs = 30_000;
export const isYoung = (receivedAt: Date): boolean => Date.now() - receivedAt.getTime() < youngMs;

const reviewStates = { approve: 'approved', request_changes: 'changes_requested' } as const;

/**
 * Asks the forge whether what a delivery tells is so. A signature shows that the sender knows a secret; with that alone
 * nobody speaks for somebody else. A dry run believes what it is given.
 */
@Injectable()
export class WitnessService {
  constructor(private readonly identities: IdentityService) {}

  /** Throws `forge.unavailable` where the forge does not show it yet: the delivery is handled again later. */
  async confirms(asking: Asking, said: Said): Promise<boolean> {
    if (asking.receivedAt === null) return true;
    return (await this.read(said.at.cause, asking, () => this.isSaid(asking, said))) ?? false;
  }

  /**
   * Whether an issue has its label, and reads as it did. `changed`: other words or another author by now, which nobody
   * vouches for. Throws `forge.unavailable` where the forge does not show it yet.
   */
  async showsIssue(
    asking: Asking,
    issue: IssueSnapshot,
    label: string | null,
  ): Promise<'same' | 'changed' | 'not'> {
    if (asking.receivedAt === null) return 'same';
    const { repo } = asking.place;
    const found = await this.read(`issue ${issue.number}`, asking, async () => {
      const now = await this.identities.reader.issue(repo, issue.number);
      // One that was transferred is another repository's, under another number.
      if (now.number !== issue.number) return undefined;
      const has = label === null || now.labels.some((one) => one.toLowerCase() === label.toLowerCase());
      return has ? now : undefined;
    });
    if (found === undefined) return 'not';
    const reads = (title: string, body: string): string => wordsOf(`${title}\n${body}`);
    const isSame =
      found.author.id === (issue.author?.id ?? 0) &&
      reads(found.title, found.body) === reads(issue.title, issue.body);
    return isSame ? 'same' : 'changed';
  }

  private async isSaid({ place: { repo }, actor }: Asking, said: Said): Promise<boolean> {
    const { id, kind, words, when } = said.at;
    const { reader } = this.identities;
    if (said.kind === 'dismissal') return (await reader.review(repo, said.number, id)).state === 'dismissed';
    if (said.kind === 'review') {
      const { author, state, commit, body } = await reader.review(repo, said.number, id);
      const isSame = state === reviewStates[said.answer] && commit === said.commit;
      return isSame && author.id === actor.id && wordsOf(body) === words;
    }
    const found = await reader.comment(repo, kind === 'comment' ? 'issue' : 'review', id);
    // When it was written says what its author can have seen.
    const isThen = found.createdAt.getTime() === Date.parse(when);
    const isThere = isThen && found.number === said.number;
    return isThere && found.author.id === actor.id && wordsOf(found.body) === words;
  }

  /** What `look` finds; undefined where it finds nothing and had time enough to appear. */
  private async read<T>(
    what: string,
    { receivedAt }: Asking,
    look: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const found = await look().catch((error: unknown) => {
      if (error instanceof GatehouseError && error.code === 'forge.not_found') return undefined;
      throw error;
    });
    if (found !== undefined || receivedAt === null || !isYoung(receivedAt)) return found;
    throw new GatehouseError('forge.unavailable', `The forge does not show ${what} yet. It is asked again.`);
  }
}
