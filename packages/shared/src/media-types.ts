/** The media types spoken here. v1 and v2 send them exactly so, without a charset: DC/OS' tests compare for equality. */
export const mediaTypes = {
  text: 'text/plain',
  json: 'application/json',
  eventStream: 'text/event-stream',
  problem: 'application/problem+json',
} as const;
