import type { TObject, TSchema } from 'typebox';
import { environmentName, flagName, meaningOf } from './option.ts';

/** The options as a Markdown table, for docs/configuration.md. */
export function optionTable(options: TObject): string {
  const rows = Object.entries(options.properties as Record<string, TSchema>).map(([key, schema]) => {
    const { description, details, default: fallback, placeholder, type } = meaningOf(schema);
    const argument = type === 'boolean' ? '' : ` ${placeholder ?? 'VALUE'}`;
    const shown = Array.isArray(fallback) ? fallback.join(', ') : String(fallback ?? '');
    const repeated = type === 'array' ? ' Repeatable.' : '';
    const cells = [
      `\`--${flagName(key)}${argument}\``,
      `\`${environmentName(key)}\``,
      shown === '' ? '' : `\`${shown}\``,
    ];
    return `| ${[...cells, `${description}${repeated}${details === undefined ? '' : ` ${details}`}`].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| flag | environment | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
