import { gatewayOptions } from '@clusterlog/gateway';
import { agentOptions } from '@clusterlog/node-agent';
import { optionTable } from '@clusterlog/shared/server';
import { describe, expect, it } from 'vitest';

const page = `# Configuration

Every option is a flag, an environment variable and a key of the YAML file given with \`--config\` (named as the flag is,
without the dashes; lists as YAML lists). A flag wins over the environment, that over the file, that over the default. In the
environment a list is separated by blanks. A wrong value stops the start with one line and exit status 2.

This page is made from the options themselves: after changing one, run \`npm test -- docs/configuration --update\`.

## clusterlog-agent

${optionTable(agentOptions)}

## clusterlog-gateway

${optionTable(gatewayOptions)}
`;

describe('docs/configuration.md', () => {
  it('lists the options that the services have', async () => {
    await expect(page).toMatchFileSnapshot('../../docs/configuration.md');
  });
});
