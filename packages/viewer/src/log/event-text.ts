import type { TimeStyle } from '../people/preferences.ts';
import type { EventRow } from './row.ts';
import { sourceName } from './source-name.ts';
import { agoText, fullTime } from './time-text.ts';

/** How grave what happened is: it gives the row its colour. */
export type EventTone = 'calm' | 'warning' | 'error';

export interface EventText {
  readonly tone: EventTone;
  readonly text: string;
  /** Everything that is known, for a tooltip. */
  readonly title: string;
}

const reasons = new Map([
  ['vacuumed', 'older entries have been deleted there'],
  ['clock-set-back', 'its clock was set back'],
  ['clocks-apart', 'its clock is too far off'],
  ['damaged', 'a journal file is damaged'],
  ['node-silent', 'the node does not answer; its entries come when it is back'],
  ['node-lost', 'the node cannot be reached; its entries come when it is back'],
  ['node-refused', 'the node does not take this question; it may be of an older version'],
  ['agent-gone', 'the node has left the cluster'],
  ['unreadable', 'what was sent of an entry cannot be read'],
  ['position-unknown', 'the place in the log is not known any more; going on at its end'],
]);
/** What a state of Mesos, or of a merge, says of a task or a node. */
export const stateTexts = new Map([
  ['started', 'started'],
  ['joined', 'joined'],
  ['returned', 'is back'],
  ['restarted', 'restarted'],
  ['moved', 'moved'],
  ['TASK_STAGING', 'is being staged'],
  ['TASK_STARTING', 'is starting'],
  ['TASK_RUNNING', 'is running'],
  ['TASK_KILLING', 'is being killed'],
  ['TASK_FINISHED', 'has finished'],
  ['TASK_FAILED', 'has failed'],
  ['TASK_KILLED', 'was killed'],
  ['TASK_ERROR', 'ended with an error'],
  ['TASK_LOST', 'was lost'],
  ['TASK_UNREACHABLE', 'is unreachable'],
  ['TASK_GONE', 'is gone'],
  ['TASK_DROPPED', 'was dropped'],
]);
const failed = /^TASK_(FAILED|ERROR|LOST|DROPPED|GONE|UNREACHABLE)/;

/**
 * Says in a sentence what happened.
 *
 * @param hostOf the name of a node by its agent id, as far as it is known
 */
export function eventText(
  { event }: EventRow,
  hostOf: (agent: string) => string | undefined,
  style: TimeStyle,
): EventText {
  const title = JSON.stringify(event, null, 1);
  if (event.event === 'ended') return { tone: 'calm', text: event.why, title };
  const host = event.agent === undefined ? undefined : (hostOf(event.agent) ?? event.agent);
  if (event.event === 'gap') {
    const reason = reasons.get(event.reason) ?? event.reason.replaceAll('-', ' ');
    const where = host === undefined ? '' : ` of ${host}`;
    const what = event.possible === true ? 'Entries may be missing' : 'Entries are missing';
    return { tone: 'warning', text: `${what}${where}${periodText(event.from, event.to, style)}: ${reason}`, title };
  }
  const { task, service, state, agent = '' } = event;
  const subject =
    task === undefined ? (host ?? 'A node') : sourceName({ task, agent, host: '', ...(service && { service }) });
  const where = task === undefined || host === undefined ? '' : ` ${state === 'moved' ? 'to' : 'on'} ${host}`;
  const tone = failed.test(state) ? 'error' : 'calm';
  return { tone, text: `${subject} ${stateTexts.get(state) ?? state}${where}`, title };
}

function periodText(from: number | undefined, to: number | undefined, style: TimeStyle): string {
  if (from === undefined) return to === undefined ? '' : ` before ${fullTime(to, style)}`;
  if (to === undefined) return ` since ${fullTime(from, style)}`;
  return ` between ${fullTime(from, style)} and ${fullTime(to, style)} (${agoText((to - from) / 1_000).replace(' ago', '')})`;
}
