import { fail, pass, type Answer, type Check } from '../check.js';

/** The floor of package.json: `^20.19.0 || ^22.13.0 || >=24.11.0`. */
export const judgeNode = (version: string): Answer => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok =
    (major === 20 && minor >= 19) ||
    (major === 22 && minor >= 13) ||
    (major === 24 && minor >= 11) ||
    major > 24;
  return ok
    ? pass(`Node ${version}`)
    : fail(
        `Node ${version} is not supported: 20.19, 22.13, 24.11 or newer of these lines is`,
        'nvm install 24',
      );
};

export const node: Check = {
  id: 'node',
  title: 'Node.js',
  run: async () => judgeNode(process.versions.node),
};
