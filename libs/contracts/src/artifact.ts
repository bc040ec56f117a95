import { z } from 'zod';
import { ArtifactId, Instant } from './id.js';
import { text } from './text.js';

export const ArtifactKind = z.enum(['patch', 'log', 'report', 'file']).meta({ id: 'ArtifactKind' });
export type ArtifactKind = z.infer<typeof ArtifactKind>;

export const Artifact = z
  .object({
    id: ArtifactId,
    size: z.number().int().describe('Bytes'),
    mediaType: z.string(),
    kind: ArtifactKind,
    createdAt: Instant,
  })
  .meta({ id: 'Artifact' });
export type Artifact = z.infer<typeof Artifact>;

/** Upload ceiling for one artifact, in bytes. The patch limit of policy (4 MiB by default) is a gate's matter. */
export const maxArtifactBytes = 64 * 1024 * 1024;

/** A file that a task without a repository left in its workspace. */
export const FileOutput = z.object({
  path: text(4096),
  artifact: ArtifactId,
  size: z.number().int().min(0).describe('Bytes'),
});
