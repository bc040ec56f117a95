/** Credentials that never were any, made when asked for: this repository's own gate would refuse them as text. */

const alphabets = {
  word: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  upper: 'ABCDEFGHJKLMNPQRSTUVWXYZ234567',
  hex: '0123456789abcdef',
} as const;

/** The same for the same seed, and random to look at. */
export const noiseOf = (length: number, alphabet: keyof typeof alphabets = 'word', seed = 7): string => {
  const chars = alphabets[alphabet];
  let text = '';
  for (let state = seed; text.length < length;) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    text += chars[(state >> 8) % chars.length];
  }
  return text;
};

const part = (fields: object): string => Buffer.from(JSON.stringify(fields)).toString('base64url');

/** By rule, one of each. */
export const sampleSecrets: readonly (readonly [rule: string, token: string])[] = [
  ['github-token', `ghp_${noiseOf(36)}`],
  ['github-token', `github_pat_${noiseOf(22)}_${noiseOf(59)}`],
  ['gitlab-token', `glpat-${noiseOf(20)}`],
  ['npm-token', `npm_${noiseOf(36)}`],
  ['slack-token', `xoxb-${noiseOf(12, 'hex')}-${noiseOf(12, 'hex', 3)}-${noiseOf(24)}`],
  ['sendgrid-token', `SG.${noiseOf(22)}.${noiseOf(43)}`],
  ['shopify-token', `shpat_${noiseOf(32, 'hex')}`],
  ['anthropic-token', `sk-ant-api03-${noiseOf(93)}AA`],
  ['openai-token', `sk-${noiseOf(20)}T3BlbkFJ${noiseOf(20)}`],
  ['huggingface-token', `hf_${noiseOf(60).replace(/[0-9]/g, '').slice(0, 34)}`],
  ['aws-access-key', `AKIA${noiseOf(16, 'upper')}`],
  ['google-api-key', `AIza${noiseOf(35)}`],
  ['google-client-secret', `GOCSPX-${noiseOf(28)}`],
  ['stripe-key', `sk_live_${noiseOf(24)}`],
  ['pypi-token', `pypi-AgEIcHlwaS5vcmc${noiseOf(60)}`],
  ['digitalocean-token', `dop_v1_${noiseOf(64, 'hex')}`],
  ['docker-token', `dckr_pat_${noiseOf(27)}`],
  ['hashicorp-vault-token', `hvs.${noiseOf(96)}`],
  ['gatehouse-token', `gh_${noiseOf(43)}`],
  ['slack-webhook', `hooks.slack.com/services/T${noiseOf(9)}/B${noiseOf(9)}/${noiseOf(24)}`],
  ['azure-key', `AccountKey=${noiseOf(86)}==`],
  [
    'json-web-token',
    `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'a', n: noiseOf(9) })}.${noiseOf(43)}`,
  ],
];

/** A private key in armour, with a body that is none. */
export const samplePrivateKey = (kind = 'RSA '): string => {
  const body = (noiseOf(640).match(/.{64}/g) ?? []).join('\n');
  return `-----BEGIN ${kind}PRIVATE KEY-----\n${body}\n-----END ${kind}PRIVATE KEY-----\n`;
};
