import { errorCodes } from '@gatehouse/contracts';
import type { Answered } from './raw.http.js';

/** What is wrong with an answer that had to be a refusal; empty where nothing is. */
export const faultOf = ({ status, headers, json: body, text }: Answered): string => {
  if (status < 400 || status > 499) return `status ${status}: ${text.slice(0, 200)}`;
  if (!headers['content-type']?.startsWith('application/problem+json'))
    return `type ${String(headers['content-type'])}`;
  const row = errorCodes[body?.['code'] as keyof typeof errorCodes];
  if (row === undefined) return `code ${String(body?.['code'])}`;
  return row.status === status && body?.['status'] === status
    ? ''
    : `status ${status} of ${text.slice(0, 200)}`;
};
