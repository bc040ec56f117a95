// Jest as a process that is asked more than once: for one spec, starting it costs four times what the spec costs.
// A child of soak.runner.mjs, with the sources as its folder: takes specs, answers what became of them.
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

const folder = process.cwd();
const ofJest = createRequire(createRequire(join(folder, 'package.json')).resolve('jest'));
const { runCLI } = ofJest('@jest/core');

const tooLong = /Exceeded timeout of/;

const ask = async ({ specs, only, cache }) => {
  const { results } = await runCLI(
    {
      ...{
        _: specs,
        $0: '',
        runTestsByPath: true,
        runInBand: true,
        reporters: [],
        silent: true,
        watchman: false,
      },
      // A busy machine is slow, and no finding.
      testTimeout: 120_000,
      ...(cache !== undefined && { cacheDirectory: cache }),
      ...(only !== undefined && { testNamePattern: only }),
    },
    [folder],
  );
  const tests = results.testResults.flatMap(({ testFilePath, testResults }) =>
    testResults.map(({ fullName, status, failureMessages }) => ({
      ...{ fullName, status, failureMessages, file: relative(folder, testFilePath) },
    })),
  );
  const failed = tests.filter(({ status }) => status === 'failed');
  return {
    tests: tests.map(({ fullName, status, file }) => ({ fullName, status, file })),
    broken: failed.length + results.numRuntimeErrorTestSuites,
    // By time alone: the specs hang, or the machine is too slow; who asked has to find out which.
    hung: failed.some(({ failureMessages }) => failureMessages.every((text) => tooLong.test(text))),
    // A mutant that does not even load, or a machine too slow, would prove nothing of the tests.
    failed: failed.filter(({ failureMessages }) =>
      failureMessages.some((text) => !/^(?:Reference|Syntax)Error/.test(text) && !tooLong.test(text)),
    ),
    why: results.testResults.map(({ failureMessage }) => failureMessage ?? '').join('\n'),
  };
};

process.on('message', (asked) => {
  void ask(asked)
    .catch((error) => ({ tests: [], broken: 1, failed: [], why: String(error?.stack ?? error) }))
    .then((answer) => process.send(answer));
});
process.once('disconnect', () => process.exit(0));
