/**
 * Frame types between the broker and its clients, in the form of spawner.frame.ts; broker.connector.mjs has the same
 * numbers.
 */
export const brokerFrame = {
  request: 1,
  input: 2,
  inputEnd: 3,
  stdout: 11,
  stderr: 12,
  exit: 13,
  located: 14,
} as const;

/** Longest frame that a client may send, in bytes; git writes far less at once. */
export const maxClientFrame = 1 << 20;

/** What a client asks for, as the JSON of its first frame. */
export type BrokerRequest =
  | { readonly service: 'locate'; readonly path: string }
  | {
      readonly service: 'upload-pack' | 'receive-pack';
      /** Git directory, as `locate` answered it. */
      readonly path: string;
      /** `GIT_PROTOCOL` of the near side. */
      readonly protocol?: string;
    };

/** Reads a request; undefined where it is not one. */
export const parseRequest = (payload: Buffer): BrokerRequest | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { service, path, protocol } = value as Record<string, unknown>;
  if (typeof path !== 'string' || !path.startsWith('/') || path.length > 4096 || path.includes('\0'))
    return undefined;
  if (service === 'locate') return { service, path };
  if (service !== 'upload-pack' && service !== 'receive-pack') return undefined;
  if (protocol === undefined) return { service, path };
  return typeof protocol === 'string' && /^version=[012]$/.test(protocol)
    ? { service, path, protocol }
    : undefined;
};
