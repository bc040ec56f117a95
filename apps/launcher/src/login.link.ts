import { readFile } from 'node:fs/promises';
import { GatehouseError } from '@gatehouse/contracts';

/** A way into the panel that works once. */
export interface LoginLink {
  readonly link: string;
  readonly expiresAt: string;
}

/** Asks the API for a one-time code, as the admin whose token lies in `tokenFile`. The code goes into the fragment,
 * which browsers keep to themselves: no log on the way sees it. */
export const makeLoginLink = async (
  { url, localUrl }: { readonly url: string; readonly localUrl: string },
  tokenFile: string,
): Promise<LoginLink> => {
  const token = (await readFile(tokenFile, 'utf8')).trim();
  const response = await fetch(`${localUrl}/api/v1/login-codes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok)
    throw new GatehouseError(
      'auth.invalid',
      `The API gave no login code (HTTP ${response.status}) for ${tokenFile}.`,
    );
  const { code, expiresAt } = (await response.json()) as { code: string; expiresAt: string };
  return { link: `${url}/panel#code=${encodeURIComponent(code)}`, expiresAt };
};
