import type { Scope } from '@clusterlog/shared';
import type { Caller } from '../auth/caller.ts';
import type { MesosTask } from '../mesos/model.ts';

/** What somebody wants to read: everything on one node, or the log of one task. */
export type Subject =
  | { readonly kind: 'node'; readonly agentId: string }
  | { readonly kind: 'task'; readonly task: MesosTask };

/** `reason` is for the audit line, and for who asks for an explanation; callers never see it. */
export type Grant =
  | { readonly allowed: true; readonly scope: Scope; readonly reason: string }
  | { readonly allowed: false; readonly reason: string };

/** Who may read what. Decides by what Mesos says of a subject, never by what stands in a journal. */
export interface Policy {
  /** One clause for logs and health. */
  readonly description: string;
  /** Changes when decisions may have changed. */
  readonly version: number;
  /** What is wrong with the rules as they stand now, if the ones in force are older. */
  readonly problem?: string | undefined;
  decide(caller: Caller, subject: Subject): Grant;
}

/** A subject in words, for audit lines and refusals. */
export function nameOf(subject: Subject): string {
  return subject.kind === 'node' ? `agent ${subject.agentId}` : `task ${subject.task.id}`;
}
