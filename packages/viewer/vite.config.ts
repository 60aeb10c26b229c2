import { defineConfig } from 'vite';

/**
 * `vite build` writes `dist/`, which the gateway serves under `/logs/`. `vite` serves the sources and passes API requests to the
 * gateway at `CLUSTERLOG_GATEWAY`, so that the page can be worked on beside `npm run demo`.
 */
export default defineConfig({
  base: '/logs/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/system': process.env.CLUSTERLOG_GATEWAY ?? 'http://127.0.0.1:8080',
      '/logs/session': process.env.CLUSTERLOG_GATEWAY ?? 'http://127.0.0.1:8080',
    },
  },
});
