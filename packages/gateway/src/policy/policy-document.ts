import { WithholdRule } from '@clusterlog/shared';
import { type Static, Type } from 'typebox';

const pattern = Type.String({ minLength: 1 });
const patterns = (description: string) => Type.Array(pattern, { minItems: 1, description });
const only = { additionalProperties: false };

const Callers = Type.Object(
  {
    uid: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'Callers by name.' })),
    groups: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Callers who are in one of these groups.',
      }),
    ),
  },
  { ...only, minProperties: 1 },
);

/** Tasks by what Mesos says of them. All that is given must fit; of a list, one. `*` and `**` are wildcards. */
const TaskSelector = Type.Object(
  {
    service: Type.Optional(
      Type.Array(Type.String({ pattern: '^/' }), {
        minItems: 1,
        description: 'Service paths: /team-a/** is everything below /team-a, /team-a/* its direct services.',
      }),
    ),
    framework: Type.Optional(patterns('Names of frameworks.')),
    role: Type.Optional(patterns('Roles.')),
    label: Type.Optional(
      Type.Record(Type.String({ minLength: 1 }), pattern, {
        description: 'Labels: each must be there with a value that fits.',
      }),
    ),
    id: Type.Optional(patterns('Task ids.')),
  },
  { ...only, minProperties: 1, description: 'Logs of tasks.' },
);
export type TaskSelector = Static<typeof TaskSelector>;

/** The kinds of targets, by the key that tells them. */
export const targetKinds = {
  tasks: Type.Object({ tasks: TaskSelector }, only),
  systemLogs: Type.Object(
    { systemLogs: patterns('Agent ids: the entries of these nodes that come from no container.') },
    only,
  ),
  components: Type.Object(
    {
      components: Type.Array(Type.String({ pattern: '^[^*?/]+\\.[a-z]+$' }), {
        minItems: 1,
        description: 'systemd units by their whole name, such as dcos-mesos-slave.service.',
      }),
      nodes: Type.Optional(patterns('Agent ids. Default: all.')),
    },
    only,
  ),
  nodes: Type.Object({ nodes: patterns('Agent ids: every entry of these nodes, whoever wrote it.') }, only),
};

/** What a rule allows or denies. */
export const Target = Type.Union([
  Type.Literal('everything', { description: 'Every entry of every node.' }),
  targetKinds.tasks,
  targetKinds.systemLogs,
  targetKinds.components,
  targetKinds.nodes,
]);
export type Target = Static<typeof Target>;

export const PolicyRule = Type.Object(
  {
    name: Type.Optional(Type.String({ description: 'Said when a decision is explained.' })),
    who: Type.Union([Type.Literal('everyone'), Callers]),
    except: Type.Optional(Callers),
    allow: Type.Optional(Type.Array(Target, { minItems: 1 })),
    deny: Type.Optional(Type.Array(Target, { minItems: 1, description: 'Wins over every allow, of whatever rule.' })),
    withhold: Type.Optional(
      Type.Array(WithholdRule, {
        minItems: 1,
        description: 'Not shown to these callers, whatever else they may read.',
      }),
    ),
  },
  only,
);
export type PolicyRule = Static<typeof PolicyRule>;

/** A policy file. What no rule allows is denied. */
export const PolicyDocument = Type.Object({ version: Type.Literal(1), rules: Type.Array(PolicyRule) }, only);
export type PolicyDocument = Static<typeof PolicyDocument>;
