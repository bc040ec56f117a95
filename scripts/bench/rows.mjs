// The rows of make bench, in the order they run: number → file of this folder. Adding one is one file and one line.
export const rows = {
  6: '06-wake-ups',
  7: '07-ledger-append',
  10: '10-policy-decision',
  11: '11-patch-parsing',
  12: '12-secrets-scan',
  13: '13-promotion',
  14: '14-spawn',
  16: '16-webhook-intake',
  19: '19-http-stack',
  20: '20-whole-job',
  21: '21-static-gates',
};
