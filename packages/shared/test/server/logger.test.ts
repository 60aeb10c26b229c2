import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const logger = new URL('../../src/server/logger.ts', import.meta.url).href;

describe.skipIf(process.platform !== 'linux')('the log of a service', () => {
  it('does not end it when no line can be written, and keeps only so many of them', async () => {
    const script = `
      const { createLogger } = await import(${JSON.stringify(logger)});
      const log = createLogger('full', 'info');
      const line = 'x'.repeat(10_000);
      for (let i = 0; i < 20_000; i++) log.info(line);
      await new Promise((resolve) => setImmediate(resolve));
      process.exitCode = process.memoryUsage().rss < 180 * 1024 * 1024 ? 7 : 8;`;
    // Every write to it fails: no space left on device.
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    let complaints = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(complaints).toBe('');
    expect(code).toBe(7);
  });

  it('takes what Node.js warns of, with standard error on a full disk, too', async () => {
    const script = `
      const { createLogger, logWarnings } = await import(${JSON.stringify(logger)});
      logWarnings(createLogger('full', 'info'));
      for (let i = 0; i < 3; i++) {
        process.emitWarning('mind the step');
        await new Promise((resolve) => setImmediate(resolve));
      }`;
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', full],
    });
    closeSync(full);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ level: 'warn', msg: 'Node.js warns', err: { message: 'mind the step' } });
  });

  it('is on standard output, a JSON object a line', async () => {
    const script = `
      const { createLogger } = await import(${JSON.stringify(logger)});
      createLogger('service', 'info').info({ headers: { authorization: 'secret' } }, 'hello');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await once(child, 'close');
    expect(JSON.parse(output)).toMatchObject({
      level: 'info',
      service: 'service',
      msg: 'hello',
      headers: { authorization: '[Redacted]' },
    });
  });
});
