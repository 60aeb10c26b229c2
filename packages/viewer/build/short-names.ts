import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import type { Plugin } from 'vite';

/** Members of preact and anser that no other object has. */
const ofLibraries = [
  'component(?:Will|Did)\\w+',
  'shouldComponentUpdate',
  'getDerivedState\\w+',
  'getSnapshotBeforeUpdate',
  'getChildContext',
  'forceUpdate',
  'setState',
  'debounceRendering',
  'processChunk(?:Json)?',
  'setupPalette',
  'removeDecoration',
  'isInverted',
  'clearLine',
  'PALETTE_COLORS',
  'was_processed',
  '[fb]g_truecolor',
  'use_classes',
];

/**
 * Minifies what Vite has minified once more, by terser, which shortens names of members of the libraries, too: they are a sixth
 * of what `@tanstack/virtual-core` weighs. Names of the DOM stay, and those of whatever comes as JSON: only names that are listed are
 * shortened.
 */
export function shortNames(): Plugin {
  return {
    name: 'short-names',
    apply: 'build',
    async generateBundle(_options, bundle) {
      const regex = new RegExp(`^(?:${[...ofLibraries, ...memberNames()].join('|')})$`);
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        const { code } = await minify(file.code, {
          module: true,
          ecma: 2020,
          // As separate statements they are compressed better; unsafe is what has other built-in functions than the language's.
          compress: { passes: 2, unsafe: true, sequences: false, conditionals: false, drop_console: true },
          mangle: { properties: { regex } },
        });
        if (code !== undefined) file.code = code;
      }
    },
  };
}

/** Of virtual-core: those of several words, but names of event handlers, which a component may have as well. */
function memberNames(): string[] {
  const directory = dirname(fileURLToPath(import.meta.resolve('@tanstack/virtual-core')));
  const sources = readdirSync(directory).filter((name) => name.endsWith('.js'));
  const text = sources.map((name) => readFileSync(join(directory, name), 'utf8')).join('\n');
  const names = text.matchAll(/(?:\.|[{,]\s*|^\s+)(?!on[A-Z])(_[a-z]\w*|[a-z]+[A-Z]\w*)\b/gm);
  return [...new Set(Array.from(names, ([, name = '']) => name))];
}
