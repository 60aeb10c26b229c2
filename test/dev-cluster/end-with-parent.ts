import { rmSync } from 'node:fs';
import { directoryVariable } from './directory-variable.ts';

/**
 * Loaded before a service of the dev cluster (`node --import`): the service itself knows nothing of its parent, but when
 * the parent is gone, however it ended, nobody is left to stop the service and to remove what the cluster wrote.
 */
process.on('disconnect', () => {
  const directory = process.env[directoryVariable];
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), 1_000).unref();
});
// The channel must not keep a service alive that has closed everything else.
process.channel?.unref();
