import type { FieldCondition, Group } from '@clusterlog/shared';

/** Fields that the entries of containers have, and no others. */
const ofNoContainer: Group = ['FRAMEWORK_ID', 'CONTAINER_ID', 'CONTAINER_ID_FULL'].map((field) => ({
  field,
  present: false,
}));

/** systemd's id of the message that a program has dumped core. */
const coredumpMessageId = 'fc2e22bc6ee647b6b90729ab34a250b1';

/** Fields that name a unit, with what makes the name believable: systemd or root wrote it (as `journalctl --unit` asks). */
const unitFields: readonly { readonly field: string; readonly trusted: readonly FieldCondition[] }[] = [
  { field: '_SYSTEMD_UNIT', trusted: [] },
  { field: 'UNIT', trusted: [{ field: '_PID', in: ['1'] }] },
  { field: 'OBJECT_SYSTEMD_UNIT', trusted: [{ field: '_UID', in: ['0'] }] },
  {
    field: 'COREDUMP_UNIT',
    trusted: [
      { field: '_UID', in: ['0'] },
      { field: 'MESSAGE_ID', in: [coredumpMessageId] },
    ],
  },
];

/** The entries of a node that come from no container, but for those of or about `deniedUnits`. */
export function systemLogs(deniedUnits: readonly string[] = []): Group {
  const denied = deniedUnits.length === 0 ? [] : unitFields.map(({ field }) => ({ field, notIn: [...deniedUnits] }));
  return [...ofNoContainer, ...denied];
}

/** The entries of units and about them. Containers' entries are left out: their logger runs inside the Mesos agent's unit. */
export function componentLogs(units: readonly string[], deniedUnits: readonly string[] = []): Group[] {
  if (units.length === 0) return [];
  return unitFields.map(({ field, trusted }) => [{ field, in: [...units] }, ...trusted, ...systemLogs(deniedUnits)]);
}
