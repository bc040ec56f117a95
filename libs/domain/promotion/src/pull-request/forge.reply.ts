import { GatehouseError, type TaskPayload } from '@gatehouse/contracts';
import type { ForgeWriter } from '@gatehouse/forge';
import { PlaneSettings, RepositoriesRepository } from '@gatehouse/session';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { LateEffect, mayShowLater } from './late.effect.js';
import { forgeWriter } from './pull-request.publisher.js';

/** Task `forge.reply`: one comment of ours under an issue or pull request; the same marker edits it. */
@Injectable()
export class ForgeReply {
  constructor(
    private readonly repositories: RepositoriesRepository,
    private readonly plane: PlaneSettings,
    private readonly late: LateEffect,
    @Optional() @Inject(forgeWriter) private readonly forge: ForgeWriter | undefined,
  ) {}

  /** Throws `forge.*` where the forge could not be written to: it is tried again. `attempt` counts from 1. */
  async run(reply: TaskPayload<'forge.reply'>, attempt: number): Promise<void> {
    const { repositoryId, number, marker, body } = reply;
    const lookAgain = () => this.late.lookAgain('forge.reply', reply, `${repositoryId}:${number}:${marker}`);
    const { source, forgeId } = await this.repositories.find(repositoryId);
    const repo = this.plane.repoAt(source, forgeId);
    if (repo === null || this.forge === undefined) return;
    try {
      await this.forge.upsertComment(repo, number, marker, body);
    } catch (error) {
      if (mayShowLater(error)) await lookAgain();
      // The issue is gone or locked, and not only hidden for a moment: there is nobody left to tell.
      if (error instanceof GatehouseError && gone.has(error.code) && attempt >= looks) return;
      throw notShownYet(error);
    }
    // One that was killed may have written, too.
    if (attempt > 1) await lookAgain();
  }
}

const gone = new Set(['forge.not_found', 'forge.invalid']);
const looks = 4;

/**
 * What we have just seen or made at a forge may be missing there for a moment, and what refers to it be refused: no
 * fault of what was asked.
 */
export const notShownYet = (error: unknown): unknown =>
  error instanceof GatehouseError && gone.has(error.code)
    ? new GatehouseError('forge.not_shown', error.message, { cause: error })
    : error;
