import { z } from 'zod';
import { durationBetween } from './duration.js';
import { Name } from './id.js';
import { text } from './text.js';

/** Level of publishing, in order: the stored artifact, a branch of ours, a draft pull request. */
export const promotionLevels = ['patch', 'branch', 'draft_pr'] as const;
export const PromotionLevel = z.enum(promotionLevels).meta({ id: 'PromotionLevel' });
export type PromotionLevel = z.infer<typeof PromotionLevel>;

const globText = z
  .string()
  .min(1)
  .max(500)
  .refine((glob) => !/[\0\n\p{Cs}]/u.test(glob), { error: 'expected well-formed text on one line' })
  .refine((glob) => glob.split('/').every((part) => part === '**' || !part.includes('**')), {
    error: '** must be a whole segment',
  });

/**
 * Segment-aware glob over repository paths: `*` and `?` stay inside a segment, `**` is a whole segment that
 * stands for any number of them. A pattern without `*` at its end names one path, never a folder's content.
 */
export const PathGlob = globText
  .refine((glob) => !glob.startsWith('/'), {
    error: 'expected a path inside the repository, without a leading slash',
  })
  .refine((glob) => !glob.split('/').some((part) => part === '..' || part === '.' || part === ''), {
    error: 'expected no empty, . or .. segment',
  });

/** The same over the resources of a rule, of which some are no paths: a program may begin with a slash. */
export const ResourceGlob = globText.refine(
  (glob) => !glob.split('/').some((part, i) => part === '..' || part === '.' || (part === '' && i > 0)),
  { error: 'expected no empty, . or .. segment' },
);

const ReportPath = PathGlob.refine((path) => !/[*?]/.test(path), {
  error: 'expected one file, without * and ?',
});

/** A command that validates a candidate, run by `sh -c` inside a fresh sandbox on the candidate's tree. */
export const Command = z
  .strictObject({
    name: Name,
    run: text(4000, 1),
    timeout: durationBetween('1s', '2h').default('10m'),
    tests: z
      .union([
        z.literal(true),
        z.strictObject({
          report: ReportPath.describe('JUnit XML that it writes, from the root of the tree'),
        }),
      ])
      .optional()
      .describe('It runs tests: how many is read from its output, or from its report'),
  })
  .meta({ id: 'Command' });
export type Command = z.infer<typeof Command>;

/** Commands are told apart by name. */
export const Commands = z
  .array(Command)
  .max(50)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
    error: 'expected a name of its own for every command',
  });

export const stance = (summary: string) => z.enum(['forbid', 'require_approval', 'permit']).describe(summary);

/** Who may activate a policy that somebody wrote, the stricter last (I7). */
export const activations = ['anyone', 'another_person'] as const;

/** Names of gates; `*` stands for every one. */
export const GateNames = z
  .array(z.string().regex(/^(?:\*|[a-z]+(?:-[a-z]+)*)$/, 'expected the id of a gate, or *'))
  .max(200);
