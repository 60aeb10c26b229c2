import type { ClusterContext } from './cluster-context.ts';
import type { MergedLog } from './merged-log.ts';

type Sink = Parameters<MergedLog['run']>[0];

/**
 * The same sink, telling of each piece that is sent when its first entry was received, if that was after the follow began: what is
 * older was not waited for. Agents' clocks are set right by what is known of them.
 */
export function timedSink(sink: Sink, { clocks, onNews }: Pick<ClusterContext, 'clocks' | 'onNews'>): Sink {
  const began = Date.now() * 1_000;
  let first: number | undefined;
  return {
    get full() {
      return sink.full;
    },
    entry(delivery, target, cursor) {
      first ??= delivery.entry.realtime - (clocks.offset(target.agentId) ?? 0);
      sink.entry(delivery, target, cursor);
    },
    event(event, cursor) {
      sink.event(event, cursor);
    },
    flush() {
      if (first !== undefined && first >= began) onNews(first);
      first = undefined;
      return sink.flush();
    },
  };
}
