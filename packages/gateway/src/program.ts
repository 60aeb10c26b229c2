import { commandGroup, defineCommand } from '@clusterlog/shared/server';
import { issueToken, tokenOptions } from './auth/issue-token.ts';
import { gatewayOptions } from './configuration.ts';
import { listKeys, newKeys, rotateKeys } from './keys/commands.ts';
import { listKeysOptions, newKeysOptions, rotateKeysOptions } from './keys/options.ts';
import { checkPolicy, checkPolicyOptions } from './policy/check-policy.ts';
import { serve } from './serve.ts';
import { version } from './version.ts';

/**
 * The command line: serving; or with `token`, making a token; with `keys`, those that gateway tokens are signed with; with
 * `policy check`, explaining what a policy says.
 */
export function createProgram(): ReturnType<typeof defineCommand> {
  const token = defineCommand({
    name: 'token',
    summary:
      'Prints a token for callers, signed with the gateway’s secret: for a cluster without an identity provider.',
    options: tokenOptions,
    run: async (options) => {
      process.stdout.write(`${await issueToken(options)}\n`);
    },
  });
  const check = defineCommand({
    name: 'check',
    summary: 'Checks a policy file, and explains what a caller may read and why.',
    options: checkPolicyOptions,
    run: async (options) => {
      process.stdout.write(`${await checkPolicy(options)}\n`);
    },
  });
  const keys = [
    defineCommand({
      name: 'new',
      summary: 'Makes the file with a first key.',
      options: newKeysOptions,
      run: async (options) => {
        process.stdout.write(`${newKeys(options)}\n`);
      },
    }),
    defineCommand({
      name: 'list',
      summary: 'Says what each key is for, or prints the public keys for node agents that read a file.',
      options: listKeysOptions,
      run: async (options) => {
        process.stdout.write(`${listKeys(options)}\n`);
      },
    }),
    defineCommand({
      name: 'rotate',
      summary: 'Adds a key, which signs once node agents know it, and drops keys that nothing needs any more.',
      options: rotateKeysOptions,
      run: async (options) => {
        process.stdout.write(`${rotateKeys(options)}\n`);
      },
    }),
  ];
  return (
    defineCommand({
      name: 'clusterlog-gateway',
      summary: 'One HTTP API for every log line of a Mesos cluster: finds the node that holds it and streams it.',
      options: gatewayOptions,
      run: serve,
    })
      .version(version, '--version', 'print the version')
      // Flags behind a command's name are that command's, also those that both have.
      .enablePositionalOptions()
      .addCommand(token)
      .addCommand(commandGroup('keys', 'The keys that gateway tokens are signed with.', keys))
      .addCommand(commandGroup('policy', 'What a policy file says.', [check]))
  );
}
