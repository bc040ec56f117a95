import { z } from 'zod';
import { idOf, Instant } from './id.js';
import { text } from './text.js';

/** `owner/name` or `name`: what a JobSpec calls the repository. */
export const RepositoryName = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/,
    'expected name or owner/name of letters, digits, dots, dashes and underscores',
  );

/** `staged`: everything runs, nothing is published. `live`: promotions publish. */
export const RepositoryMode = z.enum(['staged', 'live']).meta({ id: 'RepositoryMode' });
export type RepositoryMode = z.infer<typeof RepositoryMode>;

export const Repository = z
  .object({
    id: idOf('repository'),
    name: RepositoryName,
    source: z.string().describe('Path or https URL; holds no credential'),
    sourceKind: z.enum(['path', 'https', 'http']),
    forge: z
      .enum(['github'])
      .nullable()
      .describe('The forge that it lies on and that this installation is connected to; null: git alone'),
    mode: RepositoryMode,
    defaultBranch: z.string().nullable(),
    mirror: z.object({
      fetchedAt: Instant.nullable(),
      warnings: z.array(z.string()).describe('Faults in old history: seen, not fatal'),
      error: z.string().nullable().describe('Why the last fetch failed; null where it did not'),
    }),
    createdAt: Instant,
  })
  .meta({ id: 'Repository' });
export type Repository = z.infer<typeof Repository>;

export const AddRepository = z
  .strictObject({
    name: RepositoryName,
    source: text(2048, 1).describe('Absolute path under a configured root, or an https URL'),
    mode: RepositoryMode.default('staged'),
  })
  .meta({ id: 'AddRepository' });
export type AddRepository = z.infer<typeof AddRepository>;

export const ChangeRepository = z.strictObject({ mode: RepositoryMode }).meta({ id: 'ChangeRepository' });
export type ChangeRepository = z.infer<typeof ChangeRepository>;
