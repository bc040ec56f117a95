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
  { files: ['**/*.mjs', '**/vite.config.ts'], rules: { 'no-restricted-exports': 'off' } },
  { files: ['apps/panel/**'], languageOptions: { globals: { ...globals.browser } } },
  prettier,
);
