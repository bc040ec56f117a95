import { readToml, shown, valueAt } from '../manifests/toml.table.js';

/** Tables of pyproject.toml by which building or testing runs code, or that say what tasks run. */
const tables: readonly (readonly string[])[] = [
  ['build-system', 'build-backend'],
  ['build-system', 'backend-path'],
  ['build-system', 'requires'],
  ['tool', 'hatch', 'build', 'hooks'],
  ['tool', 'hatch', 'metadata', 'hooks'],
  ['tool', 'poetry', 'build'],
  ['tool', 'pdm', 'build'],
  ['tool', 'setuptools', 'cmdclass'],
  ['tool', 'setuptools', 'ext-modules'],
  ['tool', 'maturin'],
  ['tool', 'scikit-build'],
  ['project', 'entry-points', 'pytest11'],
  ['tool', 'poetry', 'plugins', 'pytest11'],
  ['tool', 'pytest', 'ini_options', 'addopts'],
  ['tool', 'pytest', 'ini_options', 'pythonpath'],
  ['tool', 'tox'],
  ['tool', 'hatch', 'envs'],
  ['tool', 'pdm', 'scripts'],
  ['tool', 'poe'],
  ['tool', 'taskipy'],
  ['tool', 'pixi', 'tasks'],
  ['tool', 'mypy', 'plugins'],
];

/** Dotted names of the tables that are new or other than before; null where the file cannot be read. */
export const newPythonHooks = (oldText: string | null, text: string): string[] | null => {
  const made = readToml(text);
  if (made === null) return null;
  const before = readToml(oldText ?? '') ?? {};
  return tables
    .filter(
      (path) =>
        valueAt(made, ...path) !== undefined &&
        shown(valueAt(made, ...path)) !== shown(valueAt(before, ...path)),
    )
    .map((path) => path.join('.'));
};

const settings =
  /^\s*(?:addopts|pytest11|commands(?:_pre|_post)?|install_command|cmdclass|setup_requires|load-plugins|init-hook)\s*[=:]/;

/** Keys of setup.cfg by which building or testing runs code; the rest of it is data. */
export const setsPythonHook = (line: string): boolean => settings.test(line);

/** Lines of the plugins and extensions of a pom.xml, with their numbers. */
const pluginLines = (text: string): Map<string, number> => {
  const lines = new Map<string, number>();
  let inside = 0;
  text.split('\n').forEach((line, i) => {
    const begins = /<(?:plugins|extensions|pluginManagement|pluginRepositories)\s*>/.test(line);
    const ends = /<\/(?:plugins|extensions|pluginManagement|pluginRepositories)\s*>/.test(line);
    if (begins) inside += 1;
    if (inside > 0 && !lines.has(line.trim())) lines.set(line.trim(), i + 1);
    if (ends) inside = Math.max(inside - 1, 0);
  });
  return lines;
};

/** The first line of a plugin that was not there before; null where there is none. */
export const newMavenPlugin = (oldText: string | null, text: string): number | null => {
  const before = pluginLines(oldText ?? '');
  for (const [line, number] of pluginLines(text)) if (!before.has(line)) return number;
  return null;
};
