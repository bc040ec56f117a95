/**
 * Credentials that one knows by their look, as data. A keyword alone decides where to look: behind it must stand at
 * least `run` characters of a token, then a rule of secretlint or a pattern of ours decides about a bounded window.
 */
export interface TokenRule {
  readonly id: string;
  /** Exact letters; each stands at the beginning of the token. */
  readonly keywords: readonly string[];
  /** Letters, digits, - and _ that follow the keyword at least; the characters of `also` count with them. */
  readonly run: number;
  readonly also?: string;
  /** Only capitals and digits follow: in base64 such keywords stand everywhere. */
  readonly capitals?: true;
  /** The end of the id of a rule of secretlint, or a pattern in RE2 syntax whose first group is the token. */
  readonly confirm: { readonly secretlint: string } | { readonly pattern: string };
}

const known = (secretlint: string, run: number, ...keywords: string[]): TokenRule => ({
  id: `${secretlint}-token`,
  keywords,
  run,
  confirm: { secretlint },
});

/** What stands before a token: nothing that could be part of one. */
const begin = '(?:^|[^A-Za-z0-9_])';
const end = '(?:$|[^A-Za-z0-9_-])';

const own = (id: string, run: number, keywords: readonly string[], body: string): TokenRule => ({
  id,
  keywords,
  run,
  confirm: {
    pattern: `${begin}((?:${keywords.map((k) => k.replace(/[.+/]/g, '\\$&')).join('|')})${body})${end}`,
  },
});

const word = '[A-Za-z0-9_-]';

export const tokenRules: readonly TokenRule[] = [
  known('github', 30, 'ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'),
  known('gitlab', 18, 'glpat-'),
  own(
    'gitlab-other-token',
    18,
    ['glrt-', 'gldt-', 'glptt-', 'glsoat-', 'glcbt-', 'glagent-'],
    `${word}{18,128}`,
  ),
  known('npm', 30, 'npm_'),
  known('slack', 12, 'xoxb-', 'xoxp-', 'xapp-', 'xoxa-', 'xoxo-', 'xoxr-'),
  own('slack-cookie', 20, ['xoxc-', 'xoxd-', 'xoxe-'], `${word}{20,300}`),
  { ...known('sendgrid', 16, 'SG.'), also: '.' },
  known('shopify', 30, 'shppa_', 'shpca_', 'shpat_', 'shpss_'),
  { ...known('grafana', 30, 'glsa_', 'glc_'), also: '+/=' },
  known('openai', 30, 'sk-'),
  known('anthropic', 60, 'sk-ant-api0'),
  own('anthropic-other-token', 60, ['sk-ant-oat0', 'sk-ant-admin0', 'sk-ant-sid0'], `${word}{60,200}`),
  own('openrouter-token', 40, ['sk-or-v1-'], '[a-f0-9]{64}'),
  known('groq', 40, 'gsk_'),
  known('huggingface', 30, 'hf_'),
  known('linear', 30, 'lin_api_'),
  known('notion', 40, 'ntn_'),
  { ...known('1password', 100, 'ops_ey'), also: '+/=' },
  { ...known('hashicorp-vault', 80, 'hvs.', 'hvb.', 'hvr.'), also: '.' },
  known('vercel', 20, 'vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'),
  known('databricks', 30, 'dapi'),
  known('docker', 26, 'dckr_pat_'),
  known('figma', 38, 'figd_'),
  { ...own('aws-access-key', 16, ['AKIA', 'ASIA', 'ABIA'], '[A-Z0-9]{16}'), capitals: true },
  own('google-api-key', 30, ['AIza'], `${word}{35}`),
  own('google-client-secret', 20, ['GOCSPX-'], `${word}{28}`),
  { ...own('google-access-token', 40, ['ya29.'], `[A-Za-z0-9._-]{40,300}`), also: '.' },
  own('stripe-key', 20, ['sk_live_', 'rk_live_', 'whsec_'], '[A-Za-z0-9+/=]{20,200}'),
  own('pypi-token', 50, ['pypi-AgEI'], `${word}{50,300}`),
  own('rubygems-token', 40, ['rubygems_'], '[a-f0-9]{48}'),
  own('digitalocean-token', 60, ['dop_v1_', 'doo_v1_', 'dor_v1_'], '[a-f0-9]{64}'),
  own('atlassian-token', 60, ['ATATT3x', 'ATCTT3x', 'ATBB'], '[A-Za-z0-9_=-]{60,300}'),
  own('age-key', 50, ['AGE-SECRET-KEY-1'], '[0-9A-Z]{58}'),
  own('square-token', 20, ['sq0atp-', 'sq0csp-', 'EAAAE'], `${word}{22,80}`),
  own('doppler-token', 38, ['dp.pt.', 'dp.st.', 'dp.ct.'], '[A-Za-z0-9]{40,44}'),
  own('newrelic-key', 25, ['NRAK-'], '[A-Z0-9]{27}'),
  { ...own('sentry-token', 60, ['sntrys_', 'sntryu_'], '[A-Za-z0-9+/=_]{60,400}'), also: '+/=' },
  own('supabase-token', 38, ['sbp_', 'sb_secret_'], '[A-Za-z0-9_]{22,60}'),
  own('postman-key', 50, ['PMAK-'], '[a-f0-9]{24}-[a-f0-9]{34}'),
  own('mailgun-key', 32, ['key-'], '[0-9a-f]{32}'),
  own('flyio-token', 40, ['fo1_'], `${word}{43}`),
  { ...own('flyio-macaroon', 60, ['FlyV1 fm2_'], '[A-Za-z0-9+/=,_-]{60,500}'), also: '+/=,' },
  own('planetscale-token', 30, ['pscale_tkn_', 'pscale_pw_'], `${word}{32,64}`),
  own('gatehouse-token', 40, ['gh_'], `${word}{43}`),
  {
    id: 'slack-webhook',
    keywords: ['hooks.slack.com/'],
    run: 30,
    also: '/',
    confirm: { pattern: '(hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{30,120})' },
  },
  {
    id: 'discord-webhook',
    keywords: ['/api/webhooks/'],
    run: 60,
    also: '/',
    confirm: { pattern: '(/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80})' },
  },
  {
    id: 'azure-key',
    keywords: ['AccountKey=', 'SharedAccessKey='],
    run: 40,
    also: '+/=',
    confirm: { pattern: '((?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,88}={0,2})' },
  },
];
