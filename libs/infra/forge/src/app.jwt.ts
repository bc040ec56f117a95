import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { GatehouseError } from '@gatehouse/contracts';

/** Reads the key of an App from its PEM. Throws `forge.unauthorized` that names the file, never what is in it. */
export const readAppKey = (pem: string, file: string): KeyObject => {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // The cause could quote the key.
  }
  throw new GatehouseError(
    'forge.unauthorized',
    `${file} holds no RSA private key in PEM form. Download a new one at GitHub: settings of the App, "Generate a private key".`,
  );
};

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * The App's own word of who it is, good for nine minutes; GitHub takes ten at most.
 * @param nowMs the forge's clock, as far as we know it
 */
export const appJwt = (appId: string, key: KeyObject, nowMs: number): string => {
  const now = Math.floor(nowMs / 1000);
  // A minute in the past, since clocks differ a little.
  const claims = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: now - 60, exp: now + 480, iss: appId })}`;
  return `${claims}.${sign('sha256', Buffer.from(claims), key).toString('base64url')}`;
};
