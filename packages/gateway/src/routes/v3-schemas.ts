import { Boots, errorAnswers, V3Entries, V3RequestHeaders } from '@clusterlog/shared';
import { Type } from 'typebox';

export const NoParams = Type.Object({});
export const NoHeaders = Type.Object({}, { additionalProperties: true });
export const V3Headers = Type.Object(V3RequestHeaders, { additionalProperties: true });

const errors = errorAnswers(400, 403, 404, 409, 503);

export const EntriesResponse = {
  200: V3Entries,
  ...errors,
  ...errorAnswers(406),
};

export const Completeness = Type.Union([Type.Literal('exact'), Type.Literal('partial')], {
  description: 'partial: some nodes did not answer in time, or counted only a part.',
});

const missing = Type.Array(Type.String(), { description: 'Agents that did not answer in time.' });
const value = Type.Union([Type.String(), Type.Object({ base64: Type.String() })], {
  description: 'Text, or base64 where it is no UTF-8.',
});

export const FieldParams = Type.Object({
  field: Type.String({ pattern: '^[A-Z_][A-Z0-9_]{0,63}$', description: 'A journal field, as SYSLOG_IDENTIFIER.' }),
});

export const FieldResponse = {
  200: Type.Object({
    field: Type.String(),
    completeness: Completeness,
    missing_agents: missing,
    distinct: Type.Integer({ description: 'Values found, shown or not.' }),
    values: Type.Array(Type.Object({ value, entries: Type.Integer() }), { description: 'The most frequent first.' }),
  }),
  ...errors,
};

export const HistogramResponse = {
  200: Type.Object({
    from: Type.Integer({ description: 'µs since 1970.' }),
    to: Type.Integer({ description: 'Not included.' }),
    bucket: Type.Integer({ description: 'µs.' }),
    completeness: Completeness,
    missing_agents: missing,
    buckets: Type.Array(Type.Array(Type.Integer()), {
      description: 'Nine numbers each: entries of PRIORITY 0 to 7, and those without one.',
    }),
  }),
  ...errors,
};

export const ComponentsResponse = {
  200: Type.Object({
    completeness: Completeness,
    missing_agents: missing,
    components: Type.Array(Type.Object({ component: Type.String(), entries: Type.Integer() })),
  }),
  ...errors,
};

export const BootsResponse = {
  200: Type.Object({
    completeness: Completeness,
    missing_agents: missing,
    nodes: Type.Array(
      Type.Object({
        agent: Type.String(),
        host: Type.String(),
        boots: Boots,
      }),
    ),
  }),
  ...errors,
};

export const TasksResponse = {
  200: Type.Object({
    total: Type.Integer({ description: 'Tasks that fit, shown or not.' }),
    tasks: Type.Array(
      Type.Object({
        id: Type.String(),
        name: Type.String(),
        agent: Type.String(),
        host: Type.Optional(Type.String()),
        framework: Type.String(),
        framework_name: Type.Optional(Type.String()),
        service: Type.Optional(Type.String({ description: 'Path of the Marathon app or pod, or the framework’s.' })),
        executor: Type.String(),
        container: Type.Optional(Type.String()),
        state: Type.String(),
        completed: Type.Boolean(),
        updated: Type.Integer({ description: 'Time of its newest status, µs since 1970.' }),
      }),
      { description: 'Running ones first, then the newest.' },
    ),
  }),
  ...errors,
};

export const AgentsResponse = {
  200: Type.Object({
    agents: Type.Array(
      Type.Object({
        id: Type.String(),
        host: Type.String(),
        active: Type.Boolean({ description: 'False while the Mesos master gets no answer from it.' }),
        clock_offset: Type.Optional(
          Type.Integer({ description: 'µs that its clock is ahead of this gateway’s, as far as merges have shown.' }),
        ),
        waited_for: Type.Boolean({ description: 'False when its clock is too far off for merges to wait for it.' }),
      }),
    ),
  }),
  ...errorAnswers(503),
};
