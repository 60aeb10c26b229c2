import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';

/**
 * The shapes in which Mesos tells of tasks, agents and frameworks, reduced to the members used here. Unknown members
 * are ignored. Captured from Mesos 1.12.0; messages in `include/mesos/v1/mesos.proto` and `include/mesos/mesos.proto`.
 */

/** A checker compiled once: a snapshot of a large cluster is checked 100,000 times in a row. */
export function guard<T extends TSchema>(schema: T): (value: unknown) => value is Static<T> {
  const validator = Compile(schema);
  return (value): value is Static<T> => validator.Check(value);
}

const Id = Type.String({ minLength: 1 });
const Label = Type.Object({ key: Type.String(), value: Type.Optional(Type.String()) });
const LabelList = Type.Array(Label);
/** Statuses are looked at one by one, so that one odd status does not cost the task. */
const Statuses = Type.Optional(Type.Array(Type.Unknown()));

/** A task of the master's `/state`. */
export const isStateTask = guard(
  Type.Object({
    id: Id,
    name: Type.Optional(Type.String()),
    framework_id: Id,
    executor_id: Type.Optional(Type.String()),
    slave_id: Id,
    state: Id,
    role: Type.Optional(Type.String()),
    labels: Type.Optional(LabelList),
    statuses: Statuses,
  }),
);

const IdValue = Type.Object({ value: Id });

/** A task of the v1 API. */
export const isV1Task = guard(
  Type.Object({
    task_id: IdValue,
    name: Type.Optional(Type.String()),
    framework_id: IdValue,
    executor_id: Type.Optional(Type.Object({ value: Type.String() })),
    agent_id: IdValue,
    state: Id,
    labels: Type.Optional(Type.Object({ labels: Type.Optional(LabelList) })),
    resources: Type.Optional(Type.Array(Type.Unknown())),
    statuses: Statuses,
  }),
);

export const isAllocatedResource = guard(Type.Object({ allocation_info: Type.Object({ role: Type.String() }) }));

/** A status, in both APIs. */
export const isStatus = guard(
  Type.Object({
    state: Type.Optional(Type.String()),
    timestamp: Type.Optional(Type.Number()),
    container_status: Type.Optional(Type.Unknown()),
  }),
);

export const isContainerStatus = guard(Type.Object({ container_id: Type.Unknown() }));

/** A container id; `parent`, where there is one, has the same shape. */
export const isContainerId = guard(Type.Object({ value: Id, parent: Type.Optional(Type.Unknown()) }));

/** An agent of `/state`. */
export const isStateAgent = guard(
  Type.Object({ id: Id, hostname: Type.String(), pid: Type.String(), active: Type.Optional(Type.Boolean()) }),
);

/** An agent of the v1 API. */
export const isV1Agent = guard(
  Type.Object({
    agent_info: Type.Object({ id: IdValue, hostname: Type.String() }),
    pid: Type.String(),
    active: Type.Optional(Type.Boolean()),
  }),
);

/** An agent the master expects back: `/state` has the id plain, the v1 API wrapped. */
export const isRecoveredAgent = guard(Type.Object({ id: Type.Union([Id, IdValue]) }));

/** A framework of `/state`, whose tasks lie inside it. */
export const isStateFramework = guard(Type.Object({ id: Id, name: Type.String() }));

export const isV1FrameworkInfo = guard(Type.Object({ id: IdValue, name: Type.String() }));
export const isV1Framework = guard(Type.Object({ framework_info: Type.Unknown() }));

/** The payload of TASK_UPDATED. */
export const isTaskUpdated = guard(
  Type.Object({
    framework_id: IdValue,
    state: Id,
    status: Type.Object({
      task_id: IdValue,
      agent_id: Type.Optional(IdValue),
      executor_id: Type.Optional(Type.Object({ value: Type.String() })),
      timestamp: Type.Optional(Type.Number()),
      container_status: Type.Optional(Type.Unknown()),
    }),
  }),
);

export const isIdValue = guard(IdValue);

/** A plain object; everything else that JSON can hold is not. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The array `value[name]`, empty where there is none. */
export function arrayOf(value: unknown, name: string): readonly unknown[] {
  const member = isObject(value) ? value[name] : undefined;
  return Array.isArray(member) ? member : [];
}
