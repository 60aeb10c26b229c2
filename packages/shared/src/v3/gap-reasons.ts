/** What a node agent says is missing of its journal, and why. */
export const nodeGapReasons = {
  vacuumed: 'entries that journald deleted before they were read',
  damaged: 'entries that the journal’s file does not give any more',
  'clock-set-back':
    'perhaps entries that the node stamped anew: its clock was set back at about the time the cursor was made',
} as const;

/** What a gateway says is missing of what it merges. */
export const mergeGapReasons = {
  'node-lost':
    'the node’s entries, until it is back: its agent could not be reached, or its answer was cut or an error',
  'node-silent': 'the same: nothing comes from it',
  'node-refused': 'the same: it refuses what other nodes take',
  'agent-gone': 'the same: its Mesos agent has left, and nobody answers for it',
  'clocks-apart': 'the same: its clock and the gateway’s are too far apart',
  'clock-behind': 'entries before `until` of a node whose clock has not come there',
  'agents-changed':
    'perhaps entries of nodes or tasks of which the cursor does not tell whether they were read already',
  'agents-forgotten': 'entries of nodes or tasks of the cursor that are not known now',
  'cluster-scope-too-wide':
    'tasks or nodes that came into a follow: with them it would read more than 1,000, so they are left out',
  'cursor-too-small-for-N-agents':
    'perhaps entries of N nodes or tasks, when this cursor is resumed from: it has no room for their places',
} as const;

export type NodeGapReason = keyof typeof nodeGapReasons;
export type MergeGapReason =
  | Exclude<keyof typeof mergeGapReasons, 'cursor-too-small-for-N-agents'>
  | `cursor-too-small-for-${number}-agents`;

/** All of them, as words of a sentence. */
export const gapReasonWords = Object.keys({ ...nodeGapReasons, ...mergeGapReasons }).join(', ');
