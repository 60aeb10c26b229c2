import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    // Most tests wait for other processes. Not one a core: those that look at times would be disturbed on larger machines, too.
    maxWorkers: 2,
    // The first is what one package promises, the second what the assembled thing promises.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/test/**/*.test.ts',
            'test/fixtures/**/*.test.ts',
            'test/dev-cluster/**/*.test.ts',
            'test/docs/**/*.test.ts',
          ],
          // Property tests take seconds, and longer where the machine has other work.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: [
            'test/e2e/**/*.test.ts',
            'test/conformance/**/*.test.ts',
            'test/fuzz/**/*.test.ts',
            'test/browser/**/*.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
