import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import globals from 'globals';
import ts from 'typescript-eslint';
import { depConstraints, typeormFiles } from './boundaries.mjs';

const noTypeorm = {
  'no-restricted-imports': [
    'error',
    {
      paths: [
        { name: 'typeorm', message: 'Queries live in *.repository.ts, tables in *.entity.ts (house rule).' },
      ],
    },
  ],
};

const noForgeWriter = {
  '@typescript-eslint/no-restricted-imports': [
    'error',
    {
      paths: [{ name: '@gatehouse/forge/writer', message: 'Only the promoter writes to a forge (I3).' }],
    },
  ],
};

export default ts.config(
  { ignores: ['**/dist', '**/out-tsc', '**/.nx', '**/node_modules', 'apps/panel/public'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    plugins: { '@nx': nx },
    languageOptions: { globals: { ...globals.node } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: true, allow: [], depConstraints },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
    },
  },
  { files: ['**/src/**/*.ts'], ignores: [...typeormFiles, '**/libs/infra/database/**'], rules: noTypeorm },
  // What writes to a forge is the promoter's alone (I3).
  {
    files: ['**/src/**/*.ts'],
    ignores: ['apps/promoter/**', 'libs/infra/forge/**', '**/*.int.spec.ts', '**/*.e2e.spec.ts'],
    rules: noForgeWriter,
  },
  { files: ['**/*.mjs', '**/vite.config.ts'], rules: { 'no-restricted-exports': 'off' } },
  { files: ['apps/panel/**'], languageOptions: { globals: { ...globals.browser } } },
  prettier,
);
