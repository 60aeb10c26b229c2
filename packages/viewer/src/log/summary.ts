import { fieldText } from '../api/entry.ts';
import { announce } from '../people/announce.ts';
import type { Row } from './row.ts';

/** How often it is said what came, in ms. */
const period = 20_000;
/** PRIORITY of an error; graver ones have less. */
const error = 3;

let entries = 0;
let errors = 0;

/** Says to those who do not see the log now and then how much has come; to read all of it out would not help them. */
export function summarise(rows: readonly Row[]): void {
  for (const row of rows) {
    if (row.kind !== 'entry') continue;
    if (entries++ === 0) setTimeout(tell, period);
    if (Number(fieldText(row.entry, 'PRIORITY') ?? error + 1) <= error) errors++;
  }
}

function tell(): void {
  if (entries > 0)
    announce(`${entries} new ${entries === 1 ? 'entry' : 'entries'}${errors > 0 ? `, ${errors} errors` : ''}`);
  entries = 0;
  errors = 0;
}
