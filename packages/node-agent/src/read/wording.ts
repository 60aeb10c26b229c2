/** What dcos-log's two APIs say in different words of the same mistake; the reason follows. */
export interface Wording {
  readonly filter: string;
  readonly cursorEscape: string;
  readonly cursor: string;
  readonly limit: string;
}

export const v1Words: Wording = {
  filter: 'Incorrect filter parameter',
  cursorEscape: 'Unable to unescape cursor parameter',
  cursor: 'Error opening journal reader: Incorrect cursor string',
  limit: 'Error parsing paramter `limit`',
};

export const v2Words: Wording = {
  filter: 'incorrect filter parameter',
  cursorEscape: 'unable to un-escape cursor parameter',
  cursor: 'unable to open journald: Incorrect cursor string',
  limit: 'unable to parse limit parameter',
};
