// The rows of make bench, in the order they run: number → file of this folder. Adding one is one file and one line.
export const rows = {
  7: '07-ledger-append',
  13: '13-promotion',
};
