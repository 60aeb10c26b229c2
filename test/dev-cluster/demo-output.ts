import { styleText } from 'node:util';
import type { Step } from './cluster.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours on a terminal that wants them (`NO_COLOR`, `FORCE_COLOR` and dumb terminals are minded), else plain text. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

const WIDTH = 56;

/** Prints what is being done, then what came of it and how long it took. */
export const printStep: Step = async (title, work) => {
  const began = performance.now();
  // A terminal gets the finished line in place of the begun one; a file gets the rest of the line.
  const terminal = process.stdout.isTTY === true;
  const line = (sign: string, rest: string) => `${terminal ? `\r  ${sign} ${title}` : ''}${rest}\n`;
  process.stdout.write(terminal ? `  ${paint('dim', '·')} ${title} ` : `  ${title} `);
  try {
    const result = await work();
    const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    const gap = ' '.repeat(Math.max(1, WIDTH - title.length));
    process.stdout.write(line(paint('green', '✓'), `${gap}${paint('dim', took.padStart(6))}   ${result}`));
  } catch (error) {
    process.stdout.write(line(paint('red', '✗'), ' failed'));
    throw error;
  }
};

export interface Example {
  readonly what: string;
  readonly command: string;
}

export function printHeading(text: string): void {
  process.stdout.write(`\n${paint('bold', text)}\n\n`);
}

export function printExamples(examples: readonly Example[]): void {
  const texts = examples.map(({ what, command }) => `  ${paint('dim', `# ${what}`)}\n  ${command}\n`);
  process.stdout.write(texts.join('\n'));
}

/** One line for a start that failed: what happened, and what to do. */
export function explain(error: Error): string {
  return `The demo could not start: ${error.message.replaceAll(/\s+/g, ' ')}. ${adviceFor(error)}`;
}

function adviceFor({ message, code, syscall }: NodeJS.ErrnoException): string {
  if (/already in use|EADDRINUSE/.test(message)) return 'Another program took the port just now: try again.';
  if (/Cannot find module|ERR_MODULE_NOT_FOUND/.test(message)) return 'Run `npm run build` and try again.';
  if (code === 'ENOSPC') return 'Make room in the temporary directory, or set TMPDIR to another.';
  if (syscall === 'mkdtemp' || code === 'EACCES' || code === 'EROFS')
    return 'Set TMPDIR to a directory you may write to.';
  if (code?.startsWith('ERR_PARSE_ARGS') === true) return 'The options are --ready-file FILE and --source.';
  return 'Try again; if it stays, `node test/dev-cluster/demo.ts --source` shows whether the build is to blame.';
}
