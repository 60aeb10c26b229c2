import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';
import { anserToJson } from './build/anser-to-json.ts';
import { shortNames } from './build/short-names.ts';

/**
 * `vite build` writes `dist/`, which the gateway serves under `/logs/`. `vite` serves the sources and passes API requests to the
 * gateway at `CLUSTERLOG_GATEWAY`, so that the page can be worked on beside `npm run demo`.
 */
export default defineConfig({
  base: '/logs/',
  // Not by NODE_ENV: tests build what is shipped.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  resolve: { alias: { '@clusterlog/shared/v3': fileURLToPath(new URL('../shared/src/v3', import.meta.url)) } },
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [anserToJson(), shortNames(), compressed()],
  build: {
    // Of the last two years: light-dark() is theirs.
    target: ['chrome125', 'firefox128', 'safari17.5'],
    // Browsers that know light-dark() and colours made from others: what stands for those in older ones doubles the styles.
    cssTarget: ['chrome123', 'firefox128', 'safari18'],
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // To compress takes longest, and is meant to.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: {
    proxy: {
      '/system': process.env.CLUSTERLOG_GATEWAY ?? 'http://127.0.0.1:8080',
      '/logs/session': process.env.CLUSTERLOG_GATEWAY ?? 'http://127.0.0.1:8080',
    },
  },
});

/** Writes each asset compressed beside itself (`.br`, `.gz`): once, and as small as it gets, instead of for each request. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    generateBundle(_options, bundle) {
      for (const [fileName, file] of Object.entries(bundle)) {
        if (!fileName.startsWith('assets/')) continue;
        const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source);
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        this.emitFile({
          type: 'asset',
          fileName: `${fileName}.br`,
          source: brotliCompressSync(bytes, { params: quality }),
        });
        this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: gzipSync(bytes, { level: 9 }) });
      }
    },
  };
}
