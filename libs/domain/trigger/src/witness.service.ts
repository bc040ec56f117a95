import { GatehouseError } from '@gatehouse/contracts';
import { Injectable } from '@nestjs/common';
import { IdentityService } from './identity.service.js';
import type { Intent } from './intent.js';
import type { Asking } from './plan.js';
import { wordsOf } from './spoken.js';

type Said = Extract<Intent, { kind: 'command' | 'review' }>;

/** A forge may tell of a comment before it shows it everywhere. */
const youngMs = 30_000;

const reviewStates = { approve: 'approved', request_changes: 'changes_requested' } as const;

/**
 * Asks the forge whether somebody really said what a delivery tells. A signature shows that the sender knows a secret;
 * with that alone nobody speaks for somebody else.
 */
@Injectable()
export class WitnessService {
  constructor(private readonly identities: IdentityService) {}

  /** Throws `forge.unavailable` where the forge does not show it yet: the delivery is handled again later. */
  async confirms({ place: { repo }, actor }: Asking, said: Said, receivedAt: Date): Promise<boolean> {
    const { id, kind, words } = said.at;
    const { reader } = this.identities;
    try {
      if (said.kind === 'review') {
        const { author, state, commit, body } = await reader.review(repo, said.number, id);
        const isSame = state === reviewStates[said.answer] && commit === said.commit;
        return isSame && author.id === actor.id && wordsOf(body) === words;
      }
      const found = await reader.comment(repo, kind === 'comment' ? 'issue' : 'review', id);
      return found.number === said.number && found.author.id === actor.id && wordsOf(found.body) === words;
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'forge.not_found') throw error;
      if (Date.now() - receivedAt.getTime() >= youngMs) return false;
      throw new GatehouseError(
        'forge.unavailable',
        `The forge does not show ${said.at.cause} yet. It is asked again.`,
        { cause: error },
      );
    }
  }
}
