import type { Command } from './command/command.js';
import type { Actor } from './webhook/payload.js';

/** The text of an issue as it was when the delivery was made. */
export interface IssueSnapshot {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly open: boolean;
  /** Null where the account is gone. */
  readonly author: Actor | null;
}

/** Why nothing is done. The reasons are documented: docs/webhooks.md is printed from them. */
export const ignoredReasons = {
  event: 'Gatehouse does nothing about events of this kind',
  action: 'Gatehouse does nothing about this action of the event',
  repository: 'The repository is not registered here, or not as one of the connected forge',
  bot: 'A bot did it; only people set work off',
  own: 'Gatehouse itself did it',
  ref: 'It is not about a branch',
  pull: 'It is about no pull request that Gatehouse made',
  fork: 'It comes from a fork',
  command: 'The comment holds no command at the beginning of a line',
  closed: 'The issue is closed',
  trigger: 'No active trigger of the repository listens to that',
  actor: 'Whoever asked may not do so in the repository',
  unsaid:
    'The forge does not show it as the delivery tells it: it was changed or removed since, or never said',
  commit: 'The review is about an older commit than the one published last',
  comment: 'The review neither approves nor asks for a change',
  live: 'A job of this trigger runs for the issue already',
  done: 'It has had its effect already',
  unknown_account: 'The account stands for no principal here',
  unchanged: 'Nothing has changed by it',
} as const;
export type IgnoredReason = keyof typeof ignoredReasons;

/** What a delivery asks for, read from its bytes alone. Whether it may have it is decided when it is handled. */
export type Intent =
  | { readonly kind: 'ignore'; readonly because: IgnoredReason }
  | { readonly kind: 'fetch'; readonly branch: string }
  | { readonly kind: 'look'; readonly number: number }
  | { readonly kind: 'label'; readonly label: string; readonly issue: IssueSnapshot; readonly cause: string }
  | {
      readonly kind: 'command';
      readonly command: Command;
      readonly number: number;
      /** Of an issue; null under a pull request. */
      readonly issue: IssueSnapshot | null;
      readonly at: Spoken;
    }
  | {
      readonly kind: 'review';
      readonly answer: 'approve' | 'request_changes';
      readonly number: number;
      readonly commit: string | null;
      readonly text: string;
      readonly at: Spoken;
    }
  /** What a review said is taken back; `at` is the review, and its cause the dismissal. `isHeard`: nobody knows by whom. */
  | { readonly kind: 'dismissal'; readonly number: number; readonly isHeard: boolean; readonly at: Spoken }
  | { readonly kind: 'relocate' }
  | {
      readonly kind: 'access';
      readonly repositories: readonly string[];
      readonly account: string | null;
      /** What people have to mend; null: it is mended. */
      readonly trouble: string | null;
    };

/** Where and when something was said, and what exactly. */
export interface Spoken {
  readonly kind: 'comment' | 'review_comment' | 'review';
  /** Number of the comment or review at the forge. */
  readonly id: number;
  /** SHA-256 of all its words, hex. */
  readonly words: string;
  /** Names the comment or review, e.g. `comment:1234`. */
  readonly cause: string;
  /** Part of the address behind that of the issue or pull request. */
  readonly anchor: string;
  readonly when: string;
}

export const ignore = (because: IgnoredReason): Intent => ({ kind: 'ignore', because });
