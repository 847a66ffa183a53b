// ES3 in syntax and needs: src/ and the builds. What an engine may lack and the code asks for first is named here.
import esx from 'eslint-plugin-es-x';

const browser = ['self', 'global', 'btoa', 'atob', 'Uint8Array', 'JSON'];
const scope = Object.fromEntries(browser.map((name) => [name, 'readonly']));

export default [
  { ignores: ['node_modules/', 'e2e/', 'test/', '**/*.mjs'] },
  {
    files: ['src/**/*.js', 'dist/*.js'],
    ...esx.configs['flat/restrict-to-es3'],
    languageOptions: { ecmaVersion: 3, sourceType: 'script' },
    linterOptions: { reportUnusedDisableDirectives: 'error' }
  },
  {
    files: ['src/**/*.js', 'dist/*.js'],
    rules: {
      'dot-notation': ['error', { allowKeywords: false }],
      'quote-props': ['error', 'as-needed', { keywords: true }],
      'comma-dangle': ['error', 'never'],
      'no-func-assign': 'error',
      'func-names': ['error', 'never'],
      'es-x/no-json': 'off',              // the main build needs JSON, the legacy build asks first
      'es-x/no-typed-arrays': 'off',      // asked for with typeof
      'no-restricted-properties': ['error',
        ...['bind', 'forEach', 'map', 'filter', 'some', 'every', 'reduce', 'trim', 'keys', 'freeze', 'substr', 'includes', 'startsWith']
          .map((property) => ({ property })),
        { object: 'Date', property: 'now' }, { object: 'Date', property: 'parse' }, { object: 'Array', property: 'isArray' },
        { object: 'Object', property: 'create' }, { object: 'Object', property: 'assign' }]
    }
  },
  {
    files: ['src/**/*.js'],
    rules: {
      'no-shadow-restricted-names': 'error', 'no-dupe-args': 'error', 'no-dupe-keys': 'error', 'no-unreachable': 'error',
      'no-inner-declarations': 'error', eqeqeq: 'off', 'no-var': 'off'
    }
  },
  {
    files: ['dist/everwire.js', 'dist/everwire.legacy.js'],
    languageOptions: { globals: { ...scope, exports: 'readonly', module: 'writable', define: 'readonly' } },
    rules: { 'no-undef': 'error', 'no-unused-vars': ['error', { args: 'none', caughtErrors: 'none' }], 'no-redeclare': 'error' }
  }
];
