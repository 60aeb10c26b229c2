import { readFileSync } from 'node:fs';

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The version in this package's manifest. */
export const version: string = String((manifest as { version?: unknown }).version);
