import type { SetUpName } from './set-ups.ts';

const callersEndHere = 'callers’ tokens are the gateway’s to judge: an agent takes gateway tokens and nothing else';
const nodesAreTheGateways = 'only a gateway knows other nodes';
const tasksAreTheGateways = 'only a gateway knows where a task runs: on its node an agent is asked by container';
const cliAsksMasters = 'the CLI asks masters, never nodes';

/**
 * Where a point of the checklist says nothing of a set-up, and why. The suite asserts what is so instead, and
 * docs/dcos-compatibility.md repeats it.
 */
export const doesNotApply: Readonly<Partial<Record<number, Readonly<Partial<Record<SetUpName, string>>>>>> = {
  1: { agent: callersEndHere },
  2: { agent: callersEndHere },
  3: { agent: callersEndHere },
  4: { agent: callersEndHere },
  5: { agent: callersEndHere },
  6: { agent: callersEndHere },
  7: { agent: callersEndHere },
  8: { agent: nodesAreTheGateways },
  9: { agent: nodesAreTheGateways },
  10: { agent: nodesAreTheGateways },
  11: { agent: nodesAreTheGateways },
  12: { agent: nodesAreTheGateways },
  13: { agent: nodesAreTheGateways },
  14: { agent: 'the redirect is that of the Admin Router before it' },
  15: { agent: nodesAreTheGateways },
  16: { agent: nodesAreTheGateways },
  17: { agent: nodesAreTheGateways },
  19: { agent: callersEndHere },
  56: { agent: tasksAreTheGateways },
  57: { agent: tasksAreTheGateways },
  58: { agent: tasksAreTheGateways },
  59: { agent: tasksAreTheGateways },
  60: { agent: tasksAreTheGateways },
  69: { agent: cliAsksMasters },
  70: { agent: cliAsksMasters },
  71: { agent: cliAsksMasters },
  82: { agent: callersEndHere },
};
