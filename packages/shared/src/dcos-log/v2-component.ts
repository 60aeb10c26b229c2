import { Type } from 'typebox';
import { Filters, firstOf } from './v1.ts';

/** Query parameters of `/v2/component`. Their values are checked in dcos-log's order, with its words. */
export const ComponentQuery = Type.Object({
  filter: Filters,
  cursor: firstOf('A journal cursor; reading starts after its entry. BEG: the beginning. END: the last entry.'),
  skip: firstOf('N above 0: start at the N-th entry, or N after the cursor. Below: -N before the end, or the cursor.'),
  limit: firstOf('At most so many entries; 0, the default, means all. Event streams then stay open, silent.'),
});

export const ComponentParams = Type.Object({
  name: Type.String({ description: 'A systemd unit, with its suffix: dcos-mesos-slave.service.' }),
});
