import { Command, CommanderError, Option } from 'commander';
import type { Static, TObject, TSchema } from 'typebox';
import { ConfigurationError } from './configuration-error.ts';
import { type Flags, loadConfiguration } from './load.ts';
import { environmentName, flagName, meaningOf } from './option.ts';

/** A command whose flags, environment variables and file keys are one schema. */
export interface CommandDefinition<Schema extends TObject> {
  readonly name: string;
  readonly summary: string;
  readonly options: Schema;
  run(configuration: Static<Schema>): Promise<void> | void;
}

/** Builds a command line command out of its definition; `--help` lists every option with its default and variable. */
export function defineCommand<Schema extends TObject>(definition: CommandDefinition<Schema>): Command {
  const command = new Command(definition.name)
    .description(definition.summary)
    .exitOverride()
    .allowExcessArguments(false);
  command.configureHelp({ sortOptions: false }).showHelpAfterError('Run with --help for the options.');
  for (const [key, schema] of Object.entries(definition.options.properties as Record<string, TSchema>)) {
    command.addOption(optionOf(key, schema));
  }
  command.action(async (_given, self: Command) => {
    const flags = self.opts() as Flags;
    await definition.run(loadConfiguration(definition.options, flags, process.env));
  });
  return command;
}

/** Commands under a common name, as in `program policy check`. */
export function commandGroup(name: string, summary: string, commands: readonly Command[]): Command {
  const group = new Command(name).description(summary).exitOverride();
  for (const command of commands) group.addCommand(command);
  return group;
}

function optionOf(key: string, schema: TSchema): Option {
  const meaning = meaningOf(schema);
  const repeatable = meaning.type === 'array';
  const argument = meaning.type === 'boolean' ? ' [true|false]' : ` <${meaning.placeholder ?? 'VALUE'}>`;
  const notes = [defaultNote(meaning.default), repeatable ? 'repeatable' : '', environmentName(key)]
    .filter(Boolean)
    .join('; ');
  const option = new Option(`--${flagName(key)}${argument}`, `${meaning.description} (${notes})`);
  if (repeatable) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  return option;
}

function defaultNote(value: unknown): string {
  if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return '';
  return `default ${Array.isArray(value) ? value.join(' and ') : String(value)}`;
}

/**
 * Runs a program and ends the process as programs do: 0 after help, 2 with one line on standard error when the
 * configuration is wrong, 1 when the start failed. What a failed start has already opened does not keep it alive.
 */
export async function runProgram(program: Command, argv: readonly string[] = process.argv): Promise<void> {
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.stderr.write(`${program.name()}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof ConfigurationError ? 2 : 1);
  }
}
