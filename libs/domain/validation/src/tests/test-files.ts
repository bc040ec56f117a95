import type { RawPath } from '@gatehouse/policy';
import { takenPath } from '../names.js';

const named =
  /(?:[._-](?:spec|test|tests|e2e|cy|steps)\.[a-z0-9]+|(?:^|\/)(?:test_[^/]*|[^/]*_test|tests?|spec_helper|conftest)\.[a-z0-9]+|_spec\.rb|tests?\.(?:java|kt|cs|swift|scala|php|groovy)|it\.java)$/;
const folder =
  /(?:^|\/)(?:tests?|__tests__|specs?|e2e|testing|integration-tests|src\/(?:test|it|androidtest))\//;
const code =
  /\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|kt|kts|cs|fs|swift|scala|groovy|php|pl|t|ex|exs|erl|clj|hs|lua|dart|c|cc|cpp|cxx|h|hpp|m|mm|sh|bats|feature|robot|vue|svelte|zig|nim|jl|r)$/;

/** A file of code that tests, by its name or folder. */
export const isTestFile = (path: RawPath): boolean => {
  const taken = takenPath(path);
  return code.test(taken) && (named.test(taken) || folder.test(taken));
};

/** What tests compare their results with. */
export const isSnapshot = (path: RawPath): boolean =>
  /\.(?:snap|approved\.[a-z]+|golden|ambr)$|(?:^|\/)(?:__snapshots__|golden|testdata\/golden)\//.test(
    takenPath(path),
  );
