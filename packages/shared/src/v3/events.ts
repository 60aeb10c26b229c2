import { type Static, Type } from 'typebox';
import { Problem } from '../problem.ts';
import { gapReasonWords } from './gap-reasons.ts';

const agent = Type.Optional(Type.String({ description: 'The Mesos agent it is about.' }));
const realtime = (description: string) =>
  Type.Optional(Type.Integer({ description: `${description}, µs since 1970.` }));

/** Nothing matched, but so far everything was looked at: resuming with this cursor is cheap. */
export const CheckpointEvent = Type.Object({
  event: Type.Literal('checkpoint'),
  cursor: Type.String(),
  realtime: realtime('While a range is searched: the time it has got to'),
});
export type CheckpointEvent = Static<typeof CheckpointEvent>;

/** Entries may be missing here. */
export const GapEvent = Type.Object({
  event: Type.Literal('gap'),
  agent,
  reason: Type.String({
    description: `Why: ${gapReasonWords}; or another word, of an agent of another version.`,
  }),
  from: realtime('What is missing is not older than this'),
  to: realtime('What is missing is not newer than this'),
  possible: Type.Optional(Type.Boolean({ description: 'True when it is not certain that anything is missing.' })),
});
export type GapEvent = Static<typeof GapEvent>;

/** A task or an instance of a service started, was started again, here or elsewhere, or ended; a node came. */
export const LifecycleEvent = Type.Object({
  event: Type.Literal('lifecycle'),
  agent,
  task: Type.Optional(Type.String()),
  service: Type.Optional(Type.String()),
  state: Type.String({
    description: 'started, restarted, moved (started again on another node), joined, returned, or a state of Mesos.',
  }),
  realtime: realtime('When'),
});
export type LifecycleEvent = Static<typeof LifecycleEvent>;

/** The answer is complete. One that stops without it, and has no Content-Length, was cut. */
export const EndEvent = Type.Object({
  event: Type.Literal('end'),
  reason: Type.String({ description: 'end: there is nothing more. limit: there may be.' }),
  cursor: Type.Optional(Type.String({ description: 'To go on from here.' })),
});
export type EndEvent = Static<typeof EndEvent>;

/** What went wrong after the answer had begun: a problem response, as an event. */
export const ErrorEvent = Type.Object({ event: Type.Literal('error'), ...Problem.properties });
export type ErrorEvent = Static<typeof ErrorEvent>;

export const V3Event = Type.Union([CheckpointEvent, GapEvent, LifecycleEvent, EndEvent, ErrorEvent]);
export type V3Event = Static<typeof V3Event>;

/** An event as a line of NDJSON. */
export function eventLine(event: V3Event): string {
  return `${JSON.stringify(event)}\n`;
}

/** An event as a server-sent one. Its id, where it has one, is what to resume with. */
export function eventMessage(event: V3Event, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** An event as a line of text; checkpoints have none. */
export function eventText(event: V3Event): string {
  const { event: name, ...facts } = event;
  if (name === 'checkpoint') return '';
  const said = Object.entries(facts).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : String(value)}`,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not get into a terminal
  return `${['--', name, ...said].join(' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')}\n`;
}
