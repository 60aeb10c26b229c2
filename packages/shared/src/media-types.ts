/** The media types spoken here. v1 and v2 send them exactly so, without a charset: DC/OS' tests compare for equality. */
export const mediaTypes = {
  text: 'text/plain',
  json: 'application/json',
  eventStream: 'text/event-stream',
  problem: 'application/problem+json',
  /** systemd's docs/JOURNAL_EXPORT_FORMATS.md. */
  journalExport: 'application/vnd.fdo.journal',
  /** RFC 7464. */
  jsonSequence: 'application/json-seq',
} as const;
