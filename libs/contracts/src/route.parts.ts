import { z } from 'zod';
import { idOf, type IdKind } from './id.js';

/** Parameters of an address that names one thing by its id. */
export const idParams = <K extends IdKind>(kind: K) => z.strictObject({ id: idOf(kind) });

/** Media types of documents that people write by hand. */
export const yamlOrJson = ['application/json', 'application/yaml'] as const;
